# orrery_plugin(NAME SOURCE...): a shared object of policies that `orrery --plugin NAME.so` loads. Works in this tree and
# in a project of your own, which includes this file; see docs/POLICY.md.
#
# The object carries a stamp (stamp.cmake) by which the program knows that both see the same headers.
get_filename_component(ORRERY_ROOT ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# Adds the stamp to a target that compiles experiments/plugin_stamp.cpp.
function(orrery_stamp target)
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/orrery_stamp/stamp.inc)
  if(NOT TARGET orrery_stamp)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${ORRERY_ROOT}/kernels/*.hpp ${ORRERY_ROOT}/sim/*.hpp)
    add_custom_command(OUTPUT ${stamp}
      COMMAND ${CMAKE_COMMAND} -DROOT=${ORRERY_ROOT} -DOUT=${stamp} -P ${ORRERY_ROOT}/experiments/stamp.cmake
      DEPENDS ${headers} ${ORRERY_ROOT}/CMakeLists.txt ${ORRERY_ROOT}/experiments/stamp.cmake)
    add_custom_target(orrery_stamp DEPENDS ${stamp})
    set_target_properties(orrery_stamp PROPERTIES ORRERY_STAMP ${stamp})
  endif()
  get_target_property(stamp orrery_stamp ORRERY_STAMP)
  get_filename_component(folder ${stamp} DIRECTORY)
  target_include_directories(${target} PRIVATE ${folder})
  add_dependencies(${target} orrery_stamp)
endfunction()

function(orrery_plugin name)
  add_library(${name} MODULE ${ARGN} ${ORRERY_ROOT}/experiments/plugin_stamp.cpp)
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  if(TARGET orrery_flags)
    target_link_libraries(${name} PRIVATE orrery_flags)
  else()
    target_include_directories(${name} PRIVATE ${ORRERY_ROOT})
    # As the program: a product and a sum fuse only where the source says so, on every compiler.
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-missing-field-initializers -ffp-contract=off -fno-math-errno)
  endif()
  target_compile_definitions(${name} PRIVATE ORRERY_PLUGIN)
  orrery_stamp(${name})
endfunction()
