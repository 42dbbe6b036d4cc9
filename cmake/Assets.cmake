# The dashboard's page as C arrays. Included, it adds a rule for each file to tickd_ops; run as a
# script (cmake -P, with INPUT, OUTPUT, NAME, ROUTE) it writes one of them.
if(CMAKE_SCRIPT_MODE_FILE)
  # asset_array(FILE SYMBOL OUT): "static const unsigned char SYMBOL[] = {0x…};"
  function(asset_array file symbol out)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    set(${out} "static const unsigned char ${symbol}[] = {\n${hex}};\n" PARENT_SCOPE)
  endfunction()

  # Without name and time, so that the same page gives the same program.
  execute_process(COMMAND gzip -9 -n -c ${INPUT} OUTPUT_FILE ${OUTPUT}.gz
                  COMMAND_ERROR_IS_FATAL ANY)
  file(SHA256 ${INPUT} digest)
  string(SUBSTRING ${digest} 0 16 digest)
  file(SIZE ${INPUT} length)
  file(SIZE ${OUTPUT}.gz gzip_length)
  asset_array(${INPUT} plain plain)
  asset_array(${OUTPUT}.gz packed packed)
  set(types ".html=text/html" ".css=text/css" ".js=text/javascript" ".svg=image/svg+xml")
  cmake_path(GET INPUT EXTENSION LAST_ONLY extension)
  foreach(entry ${types})
    if(entry MATCHES "^\\${extension}=(.*)$")
      set(type ${CMAKE_MATCH_1})
    endif()
  endforeach()
  file(WRITE ${OUTPUT}
"/* Made of ${ROUTE} by cmake/Assets.cmake. */
#include \"tickd/ops/dashboard_assets.h\"

${plain}
${packed}
extern const struct dashboard_asset asset_${NAME};
const struct dashboard_asset asset_${NAME} = {
    \"${ROUTE}\", \"${type}; charset=utf-8\", \"\\\"${digest}\\\"\",
    plain, ${length}, packed, ${gzip_length},
};
")
  return()
endif()

file(GLOB asset_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/ops/page/*)
set(dygraphs /usr/share/javascript/dygraphs)
list(APPEND asset_files ${dygraphs}/dygraph.min.js ${dygraphs}/dygraph.min.css)
set(asset_folder ${CMAKE_BINARY_DIR}/assets)
set(asset_sources)
set(asset_names)
foreach(file ${asset_files})
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "${file} is missing: the Debian package libjs-dygraphs has it")
  endif()
  cmake_path(GET file FILENAME base)
  string(MAKE_C_IDENTIFIER ${base} name)
  set(route /${base})
  if(base STREQUAL index.html)
    set(route /)
  endif()
  set(source ${asset_folder}/${name}.c)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -D INPUT=${file} -D OUTPUT=${source} -D NAME=${name} -D ROUTE=${route}
            -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${file} ${CMAKE_CURRENT_LIST_FILE}
    VERBATIM)
  list(APPEND asset_sources ${source})
  list(APPEND asset_names ${name})
endforeach()

set(declarations)
set(rows)
foreach(name ${asset_names})
  string(APPEND declarations "extern const struct dashboard_asset asset_${name};\n")
  string(APPEND rows "    &asset_${name},\n")
endforeach()
list(LENGTH asset_names count)
file(CONFIGURE OUTPUT ${asset_folder}/table.c CONTENT
"/* Made by cmake/Assets.cmake: every file of the dashboard. */
#include \"tickd/ops/dashboard_assets.h\"

@declarations@
const struct dashboard_asset *const dashboard_assets[] = {
@rows@};
const size_t dashboard_asset_count = @count@;
" @ONLY)
target_sources(tickd_ops PRIVATE ${asset_sources} ${asset_folder}/table.c)
