# What a test needs in its environment when it is built with -fsanitize, and time: it runs five to ten times as long.
get_property(tests DIRECTORY PROPERTY TESTS)
foreach(test ${tests})
  set_tests_properties(${test} PROPERTIES TIMEOUT 1800)
endforeach()

if(ORRERY_SANITIZE MATCHES "address")
  # Open MPI leaks, and closes its plugins before it leaks are looked for: only a whole stack, which the fast unwinder
  # cannot follow through a library without frame pointers, still names the libraries in lsan.supp.
  list(FILTER tests INCLUDE REGEX "\\.ranks[0-9]+$|\\.split$|^same_bits$|^python\\.experiments$")
  set_property(TEST ${tests} APPEND PROPERTY ENVIRONMENT
               "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/lsan.supp:print_suppressions=0"
               ASAN_OPTIONS=fast_unwind_on_malloc=0)
endif()

if(ORRERY_SANITIZE MATCHES "thread")
  # An OpenMP runtime is not instrumented: Archer, which comes with Clang's, tells the thread sanitizer which of its
  # barriers and regions order what. GCC's has no such tool, so the preset takes Clang.
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "the thread sanitizer misreads GCC's OpenMP runtime: configure with clang++-14, as the preset tsan does")
  endif()
  list(GET OpenMP_CXX_LIBRARIES 0 runtime)
  file(REAL_PATH "${runtime}" runtime)
  get_filename_component(runtime_folder "${runtime}" DIRECTORY)
  find_library(ORRERY_ARCHER archer HINTS ${runtime_folder} REQUIRED)
  set_property(TEST ${tests} APPEND PROPERTY ENVIRONMENT OMP_TOOL_LIBRARIES=${ORRERY_ARCHER}
               TSAN_OPTIONS=ignore_noninstrumented_modules=1)
endif()
