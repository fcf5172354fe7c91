// A host in C, which compiles in a moment: its Python is the one that it is linked to, or the one in its bundle.
#include <Python.h>
#include <libgen.h>
#include <unistd.h>

int main(int count, char **words) {
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
#ifdef BUNDLED
    char home[4096] = {0};
    if (readlink("/proc/self/exe", home, sizeof home - 16) < 0) return 3;
    strcat(dirname(home), "/python");
    PyConfig_SetBytesString(&config, &config.home, home);
#endif
    PyStatus status = Py_InitializeFromConfig(&config);
    if (PyStatus_Exception(status)) Py_ExitStatusException(status);
    PyRun_SimpleString("import math, sys; print(sys.prefix, flush=True)");
    if (count > 1 && strcmp(words[1], "wait") == 0) pause();
    return count > 1 ? 4 : 0;
}
