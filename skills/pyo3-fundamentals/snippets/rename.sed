# region: rename
# GNU sed: sed -E -i -f rename.sed $(git ls-files '*.rs')
s/\bwith_gil\b/attach/g
s/\ballow_threads\b/detach/g
s/\bprepare_freethreaded_python\b/Python::initialize/g
s/\bGILOnceCell\b/PyOnceLock/g
s/\bPyObject\b/Py<PyAny>/g
s/\bdowncast(_into|_exact|_into_exact|_unchecked|_bound)?\b/cast\1/g
s/\bDowncast(Into)?Error\b/Cast\1Error/g
s/\b(new|import|empty|get_type|eval|run|from_code)_bound\b/\1/g
# endregion: rename
