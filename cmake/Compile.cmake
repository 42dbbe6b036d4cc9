# How every file of tickd is compiled and linked: the interface library tickd_compile.
include(CheckCCompilerFlag)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g")

add_library(tickd_compile INTERFACE)
target_include_directories(tickd_compile INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(tickd_compile INTERFACE _POSIX_C_SOURCE=200809L)

# Results must be the same bits from gcc and clang: no contraction of a*b+c into one rounding.
target_compile_options(tickd_compile INTERFACE -ffp-contract=off)

target_compile_options(
  tickd_compile
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
            -Wmissing-prototypes -Wdouble-promotion -Wformat=2 -Wundef -Wcast-qual -Wcast-align
            -Wpointer-arith -Wwrite-strings -Wvla -Wswitch-enum -Wimplicit-fallthrough)
if(TICKD_WERROR)
  target_compile_options(tickd_compile INTERFACE -Werror)
endif()

# Hardening. All code ends in position-independent programs: -fPIE, for -fPIC forbids inlining.
# _FORTIFY_SOURCE needs an optimiser, and sanitizers want the plain functions.
target_compile_options(tickd_compile INTERFACE -fPIE -fstack-protector-strong)
target_link_options(tickd_compile INTERFACE -pie LINKER:-z,relro,-z,now,-z,noexecstack
                    LINKER:--as-needed)
set(hardening -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
  list(APPEND hardening -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  list(APPEND hardening -mbranch-protection=standard)
endif()
foreach(flag ${hardening})
  string(MAKE_C_IDENTIFIER "TICKD_HAS${flag}" known)
  check_c_compiler_flag(${flag} ${known})
  if(${known})
    target_compile_options(tickd_compile INTERFACE ${flag})
  endif()
endforeach()
if(CMAKE_BUILD_TYPE STREQUAL Release AND NOT TICKD_SANITIZE AND NOT TICKD_FUZZ)
  target_compile_options(tickd_compile INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

if(TICKD_SANITIZE OR TICKD_FUZZ)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(tickd_compile INTERFACE ${sanitizers})
  target_link_options(tickd_compile INTERFACE ${sanitizers})
endif()
if(TICKD_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "TICKD_FUZZ needs clang: cmake --preset fuzz, or -DCMAKE_C_COMPILER=clang")
  endif()
  target_compile_options(tickd_compile INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TICKD_COVERAGE)
  target_compile_options(tickd_compile INTERFACE --coverage)
  target_link_options(tickd_compile INTERFACE --coverage)
endif()
