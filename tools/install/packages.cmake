# cpack: three Debian packages, each of them one of the parts of the install.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME crashreel)
set(CPACK_PACKAGE_CONTACT "crashreel maintainers <crashreel@localhost>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL runtime development fuzz_target tools)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libcrashreel0)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
    "recorder of a program's last inputs - shared library
Programs that record themselves by crashreel.h need this; it depends on libc alone.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libcrashreel-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libcrashreel0 (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "recorder of a program's last inputs - to build programs with
Headers, static libraries, CMake targets and pkg-config files: to have a program record its inputs,
and to offer it as functions to replays and fuzzers.")

# libpcap is opened by its name when a capture is read: nothing is linked with it.
set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME crashreel)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "libpcap0.8, libcrashreel-dev")
set(CPACK_DEBIAN_TOOLS_DESCRIPTION
    "from a crash in production to a minimal reproducer
Records the last inputs of an unmodified program, replays them against a fresh instance until the
same crash comes back, and minimizes them to the few that matter.")

include(CPack)
cpack_add_component(runtime GROUP RUNTIME)
cpack_add_component(development GROUP DEVELOPMENT)
cpack_add_component(fuzz_target GROUP DEVELOPMENT)
cpack_add_component(tools GROUP TOOLS)
