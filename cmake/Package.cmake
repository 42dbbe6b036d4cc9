# The .deb, by CPack. scripts/package builds it and looks at it with lintian. The version is that of
# project(), with TICKD_PACKAGE_RELEASE behind it.
set(TICKD_PACKAGE_RELEASE 1 CACHE STRING "Debian's part of the version: 0.1.0-1")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tickd)
set(CPACK_PACKAGE_CONTACT "tickd maintainers <tickd@localhost.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(debian ${CMAKE_SOURCE_DIR}/packaging/debian)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${TICKD_PACKAGE_RELEASE})
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded at run time, so that no tool sees it: libwebsockets' libuv plugin; the rest is for scripts.
set(needed libwebsockets-evlib-uv ca-certificates "init-system-helpers (>= 1.52)"
    "systemd | systemd-sysusers" "systemd | systemd-tmpfiles")
list(JOIN needed ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "logrotate, prometheus")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "tickd takes Finnhub's live trade feed, turns every trade into bars with
indicators, lets a population of trading agents vote on them, trades on paper,
and watches its own health, for months in a fixed amount of memory.
.
It comes with tickctl, which asks a running tickd, and finnhub-sim, a local
server that speaks Finnhub's protocol.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm
    ${debian}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# Documents, compressed without names and times, so that the same source gives the same bytes.
set(version ${PROJECT_VERSION}-${TICKD_PACKAGE_RELEASE})
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, if it is set
configure_file(${debian}/changelog.in ${CMAKE_BINARY_DIR}/package/changelog.Debian @ONLY)
set(documents)
foreach(document ${CMAKE_BINARY_DIR}/package/changelog.Debian:changelog.Debian.gz
        ${CMAKE_SOURCE_DIR}/docs/changes.md:changelog.gz)
  string(REGEX REPLACE ":[^:]*$" "" source ${document})
  string(REGEX REPLACE ".*:" ${CMAKE_BINARY_DIR}/package/ compressed ${document})
  add_custom_command(OUTPUT ${compressed} DEPENDS ${source}
                     COMMAND gzip -9nc ${source} > ${compressed} VERBATIM)
  list(APPEND documents ${compressed})
endforeach()
add_custom_target(documents DEPENDS ${documents})
install(FILES ${documents} ${debian}/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tickd)
install(FILES ${debian}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
        RENAME tickd)
include(CPack)
