// Compiled into the program and into every plugin: what both must agree about. It is read from the plugin's bytes,
// before the dynamic linker runs anything of it.
#ifdef __clang__
#define ORRERY_COMPILER "Clang "
#else
#define ORRERY_COMPILER "GCC "
#endif

extern "C" {
extern const char orrery_plugin_stamp[];
__attribute__((used)) const char orrery_plugin_stamp[] = "orrery-plugin-stamp:" ORRERY_COMPILER __VERSION__ ", "
#include "stamp.inc"
    ;
}
