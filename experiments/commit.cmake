# Writes the commit of SOURCE as a C string to OUT; a tree without git (a release archive) says so.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "no git")
elseif(commit MATCHES "-dirty$")
  # Two dirty trees are two programs, whose rows must not be mixed: a hash of the changes is part of the name. (Files that
  # git does not track are not: they make no tree dirty either.) No driver or filter that is configured may hide a change.
  execute_process(COMMAND git -C ${SOURCE} diff --binary --full-index --no-ext-diff --no-textconv --no-color
                          --no-relative --no-prefix HEAD
                  COMMAND git hash-object --stdin
                  OUTPUT_VARIABLE changes OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(SUBSTRING "${changes}" 0 8 changes)
  string(APPEND commit "-${changes}")
endif()
set(old "")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT old STREQUAL "\"${commit}\"\n")
  file(WRITE ${OUT} "\"${commit}\"\n")
endif()
