# What is installed where, as Debian's policy wants it: below the prefix as GNUInstallDirs says, the
# configuration where tickd looks for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # `programs` and `manuals` are enough
include(GNUInstallDirs)
set(data ${CMAKE_INSTALL_DATADIR})
set(etc /etc)
set(library lib) # systemd's folders are below lib on every architecture

install(TARGETS tickd tickctl finnhub-sim DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES config/tickd.json DESTINATION ${etc}/tickd)
install(FILES config/tickd.service config/tickd.socket DESTINATION ${library}/systemd/system)
install(FILES config/tickd.sysusers DESTINATION ${library}/sysusers.d RENAME tickd.conf)
install(FILES config/tickd.tmpfiles DESTINATION ${library}/tmpfiles.d RENAME tickd.conf)
install(FILES config/tickd.logrotate DESTINATION ${etc}/logrotate.d RENAME tickd)

# Alert rules and dashboards for other programs are examples.
file(GLOB examples CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/prometheus*
     ${CMAKE_SOURCE_DIR}/config/grafana*)
install(FILES ${examples} DESTINATION ${data}/doc/tickd/examples)
