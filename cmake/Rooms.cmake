# Each folder src/ROOM is the static library tickd_ROOM. Who may know whom:
#   base <- settings <- market <- bus <- agents <- modules <- engine <- {feed, store, ops} <- sim
# Link order says the same; scripts/tidy checks it from the include lines.

include(Embed)

# tickd_room(ROOM OVER rooms... [USES libraries...] [EMBEDS FILE SYMBOL...])
function(tickd_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "OVER;USES;EMBEDS")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.c)
  while(arg_EMBEDS)
    list(POP_FRONT arg_EMBEDS file symbol)
    tickd_embed(sources ${CMAKE_SOURCE_DIR}/src/${room}/${file} ${symbol})
  endwhile()
  list(TRANSFORM arg_OVER PREPEND tickd_)
  if(sources)
    add_library(tickd_${room} STATIC ${sources})
    target_link_libraries(tickd_${room} PUBLIC ${arg_OVER} ${arg_USES} tickd_compile)
  else()
    add_library(tickd_${room} INTERFACE)
    target_link_libraries(tickd_${room} INTERFACE ${arg_OVER} ${arg_USES} tickd_compile)
  endif()
endfunction()

tickd_room(base USES m)
tickd_room(settings OVER base)
tickd_room(market OVER settings)
tickd_room(bus OVER market)
tickd_room(agents OVER bus)
tickd_room(modules OVER agents)
tickd_room(engine OVER modules)
tickd_room(feed OVER engine USES PkgConfig::LIBWEBSOCKETS PkgConfig::LIBUV PkgConfig::CJSON
           PkgConfig::OPENSSL PkgConfig::ZLIB PkgConfig::ZSTD)
tickd_room(store OVER engine USES PkgConfig::LIBUV PkgConfig::CJSON PkgConfig::SQLITE
           EMBEDS schema.sql store_schema)
tickd_room(ops OVER engine USES PkgConfig::LIBWEBSOCKETS PkgConfig::LIBUV PkgConfig::CJSON
           PkgConfig::OPENSSL)
tickd_room(sim OVER feed store ops)

# The rooms that print the version or put it into a document.
foreach(room engine feed store ops sim)
  get_target_property(type tickd_${room} TYPE)
  if(NOT type STREQUAL INTERFACE_LIBRARY)
    target_compile_definitions(tickd_${room} PRIVATE TICKD_VERSION="${PROJECT_VERSION}")
  endif()
endforeach()

# Everything, for programs and for tests of the whole.
add_library(tickd_all INTERFACE)
target_link_libraries(tickd_all INTERFACE tickd_sim)
