# find_package(crashreel): the targets crashreel::adapter, crashreel::fuzz and crashreel::function_main, and
# crashreel_add_fuzz_target().
include(${CMAKE_CURRENT_LIST_DIR}/crashreelFuzzTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/CrashreelFuzzTarget.cmake)
