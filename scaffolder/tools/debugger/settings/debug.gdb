# rust-gdb -x debug.gdb --args .venv/bin/python SCRIPT
# The library is loaded when Python imports it, so a breakpoint in it waits until then.
set breakpoint pending on
set print thread-events off
# Where a panic begins, before it becomes an exception.
break rust_panic
run
