# Each file src/bin/NAME.c is a program; src/bin/NAME/*.c, where there is such a folder, belongs to
# it. An underscore in the file is a hyphen in the program: finnhub_sim.c makes finnhub-sim.
# The target `programs` builds them all, and nothing else.
add_custom_target(programs)
file(GLOB mains CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/bin/*.c)
foreach(main ${mains})
  cmake_path(GET main STEM stem)
  string(REPLACE _ - program ${stem})
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/bin/${stem}/*.c)
  add_executable(${program} ${main} ${parts})
  target_link_libraries(${program} PRIVATE tickd_all)
  target_compile_definitions(${program} PRIVATE TICKD_VERSION="${PROJECT_VERSION}")
  add_dependencies(programs ${program})
  if(program STREQUAL tickd)
    target_link_libraries(${program} PRIVATE tickd_allocator)
  elseif(program STREQUAL tickctl) # the daemon draws on no terminal
    target_link_libraries(${program} PRIVATE PkgConfig::NCURSES)
  endif()
endforeach()
