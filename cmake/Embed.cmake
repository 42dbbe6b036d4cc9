# Files that are built into a program.
#
#   tickd_embed(LIST FILE SYMBOL)   adds to the list LIST a generated file that defines
#                                      const unsigned char SYMBOL[] (FILE's bytes and a zero) and
#                                      const size_t SYMBOL_size (without that zero)
#
# As a script (cmake -P) it writes such a file: IN, OUT, SYMBOL.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${IN} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE ${OUT}
       "#include <stddef.h>\n"
       "extern const unsigned char ${SYMBOL}[];\n"
       "extern const size_t ${SYMBOL}_size;\n"
       "const unsigned char ${SYMBOL}[] = {${bytes}0};\n"
       "const size_t ${SYMBOL}_size = ${size};\n")
  return()
endif()

set(TICKD_EMBED ${CMAKE_CURRENT_LIST_FILE})
function(tickd_embed embed_list file symbol)
  set(out ${CMAKE_BINARY_DIR}/embedded/${symbol}.c)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DSYMBOL=${symbol} -P ${TICKD_EMBED}
    DEPENDS ${file} ${TICKD_EMBED}
    COMMENT "Embedding ${file}"
    VERBATIM)
  list(APPEND ${embed_list} ${out})
  set(${embed_list} ${${embed_list}} PARENT_SCOPE)
endfunction()
