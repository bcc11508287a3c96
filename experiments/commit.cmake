# Writes the commit of SOURCE as a C string to OUT; a tree without git (a release archive) says so.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "no git")
endif()
set(old "")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT old STREQUAL "\"${commit}\"\n")
  file(WRITE ${OUT} "\"${commit}\"\n")
endif()
