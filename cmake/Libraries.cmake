# The libraries from outside, each as one target, from pkg-config. scripts/packages.txt names the
# Debian packages.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(LIBWEBSOCKETS REQUIRED IMPORTED_TARGET libwebsockets)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET libssl libcrypto)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(NCURSES REQUIRED IMPORTED_TARGET ncursesw)

# Programs that are linked with this run on jemalloc, whether they name a function of it or not.
# TICKD_JEMALLOC is 0 or 1 wherever it is looked at.
set(CMAKE_C_LINK_LIBRARY_USING_always_needed_SUPPORTED TRUE)
set(CMAKE_C_LINK_LIBRARY_USING_always_needed
    "LINKER:--push-state,--no-as-needed" "<LINK_ITEM>" "LINKER:--pop-state")
add_library(tickd_allocator INTERFACE)
if(TICKD_JEMALLOC)
  pkg_check_modules(JEMALLOC REQUIRED jemalloc)
  target_include_directories(tickd_allocator SYSTEM INTERFACE ${JEMALLOC_INCLUDE_DIRS})
  target_link_libraries(tickd_allocator
                        INTERFACE $<LINK_LIBRARY:always_needed,${JEMALLOC_LINK_LIBRARIES}>)
  target_compile_definitions(tickd_allocator INTERFACE TICKD_JEMALLOC=1)
else()
  target_compile_definitions(tickd_allocator INTERFACE TICKD_JEMALLOC=0)
endif()
