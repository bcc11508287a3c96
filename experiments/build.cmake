# What the program needs beyond its module: libsodium for run ids, and the commit it was built from for result files.
target_link_libraries(orrery_experiments PRIVATE PkgConfig::sodium)

# The commit is looked up at build time, and the file is touched only when it changed.
add_custom_target(orrery_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUT=${CMAKE_BINARY_DIR}/experiments/commit.inc
          -P ${CMAKE_SOURCE_DIR}/experiments/commit.cmake
  BYPRODUCTS ${CMAKE_BINARY_DIR}/experiments/commit.inc)
add_dependencies(orrery_experiments orrery_commit)
set_source_files_properties(${CMAKE_SOURCE_DIR}/experiments/version.cpp PROPERTIES
  INCLUDE_DIRECTORIES ${CMAKE_BINARY_DIR}
  OBJECT_DEPENDS ${CMAKE_BINARY_DIR}/experiments/commit.inc
  COMPILE_DEFINITIONS "ORRERY_VERSION=\"${PROJECT_VERSION}\"")

# What plugins must agree about with the program (plugin.cmake), and the program's symbols, which they call.
include(${CMAKE_CURRENT_LIST_DIR}/plugin.cmake)
orrery_stamp(orrery_experiments)
