# find_package(crashreel [COMPONENTS capture harness])
#
#   capture   crashreel::runtime, crashreel::runtime_static: to record, by "crashreel.h"
#   harness   crashreel::adapter, crashreel::function_main, crashreel::fuzz and
#             crashreel_add_fuzz_target(): to be replayed and fuzzed as functions, by "adapter.h"
#
# Without COMPONENTS: those that are installed. The names are the same where crashreel is a
# subdirectory of the project.
foreach(part capture harness)
  set(crashreel_${part}_FOUND FALSE)
endforeach()
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/crashreelCaptureTargets.cmake)
  include(${CMAKE_CURRENT_LIST_DIR}/crashreelCaptureTargets.cmake)
  set(crashreel_capture_FOUND TRUE)
endif()
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/crashreelHarnessTargets.cmake)
  include(${CMAKE_CURRENT_LIST_DIR}/crashreelHarnessTargets.cmake)
  include(${CMAKE_CURRENT_LIST_DIR}/CrashreelFuzzTarget.cmake)
  set(crashreel_harness_FOUND TRUE)
endif()

foreach(part IN LISTS crashreel_FIND_COMPONENTS)
  if(NOT crashreel_FIND_REQUIRED_${part} OR crashreel_${part}_FOUND)
    continue()
  endif()
  set(crashreel_FOUND FALSE)
  if(part STREQUAL "capture" OR part STREQUAL "harness")
    set(crashreel_NOT_FOUND_MESSAGE
        "component '${part}' is not installed in ${CMAKE_CURRENT_LIST_DIR}; install crashreel as a whole")
  else()
    set(crashreel_NOT_FOUND_MESSAGE
        "there is no component '${part}'; there are capture and harness")
  endif()
endforeach()
