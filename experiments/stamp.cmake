# Writes what a plugin must agree about with the program, as a C string, to OUT: the version, and a hash of every header
# of the library under ROOT. The file is touched only when it changed.
file(STRINGS ${ROOT}/CMakeLists.txt project REGEX "^project\\(orrery VERSION")
string(REGEX REPLACE ".*VERSION ([0-9.]+).*" "\\1" version "${project}")
file(GLOB_RECURSE headers RELATIVE ${ROOT} ${ROOT}/kernels/*.hpp ${ROOT}/sim/*.hpp)
list(SORT headers)
set(all "")
foreach(header ${headers})
  file(SHA256 ${ROOT}/${header} hash)
  string(APPEND all "${header} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 16 hash)
file(CONFIGURE OUTPUT ${OUT} CONTENT "\"orrery ${version}, headers ${hash}\"\n")
