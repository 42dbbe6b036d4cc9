# Manual pages and completions, made from the programs' own tables: target `manuals`.
#   docs/man/NAME.SECTION.in  the hand-written parts; which program's tables fill them in follows
#   from the name, the configuration's manual takes those of tickd
file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/bin/manual/*.c)
add_executable(tickd-manual ${parts})
target_link_libraries(tickd-manual PRIVATE tickd_all)
target_compile_definitions(tickd-manual PRIVATE TICKD_VERSION="${PROJECT_VERSION}")
set_target_properties(tickd-manual PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tools)

string(TIMESTAMP date "%Y-%m-%d" UTC) # SOURCE_DATE_EPOCH, if it is set
set(manuals ${CMAKE_BINARY_DIR}/manuals)
file(MAKE_DIRECTORY ${manuals}/bash ${manuals}/zsh)
set(made)

file(GLOB templates CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.in)
foreach(template ${templates})
  cmake_path(GET template STEM LAST_ONLY page) # tickd.json.5
  string(REGEX REPLACE "\\.json\\.5$|\\.[0-9]$" "" program ${page})
  string(REGEX MATCH "[0-9]$" section ${page})
  add_custom_command(
    OUTPUT ${manuals}/${page}.gz
    DEPENDS tickd-manual ${template}
    COMMAND tickd-manual page ${template} ${program} ${date} > ${manuals}/${page}
    COMMAND gzip -9nc ${manuals}/${page} > ${manuals}/${page}.gz VERBATIM)
  list(APPEND made ${manuals}/${page}.gz)
  install(FILES ${manuals}/${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

foreach(program tickd tickctl finnhub-sim)
  add_custom_command(
    OUTPUT ${manuals}/bash/${program} ${manuals}/zsh/_${program}
    DEPENDS tickd-manual
    COMMAND tickd-manual bash ${program} > ${manuals}/bash/${program}
    COMMAND tickd-manual zsh ${program} > ${manuals}/zsh/_${program} VERBATIM)
  list(APPEND made ${manuals}/bash/${program} ${manuals}/zsh/_${program})
endforeach()
install(DIRECTORY ${manuals}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY ${manuals}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

add_custom_target(manuals ALL DEPENDS ${made})
