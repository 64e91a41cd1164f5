# Programs of an adapter (capture/runtime/adapter.h): for fuzzers and for replays.
#
#   crashreel_add_fuzz_target(NAME SOURCES adapter.c ... [LIBRARIES ...] [BYTES_ALONE])
#
# compiles the sources once, and links them into
#   NAME-replay   what `crashreel replay` and `minimize` run, as a target of kind "function"; with
#                 names of seeds as its arguments it runs these
#   NAME          the fuzzer, where the compiler brings one (CRASHREEL_HAS_FUZZER): libFuzzer with
#                 clang, AFL++ in persistent mode with afl-clang-fast++
#
# libFuzzer changes seeds by inputs and sessions, and bytes within them by its own ways. BYTES_ALONE
# leaves that out: for comparisons. AFL++ has its own mutators.
#
# Sanitizers are yours to choose: -fsanitize=address,undefined in CMAKE_C_FLAGS and CMAKE_CXX_FLAGS
# reaches all of it.
include(CheckCXXSourceCompiles)

# Is there something that calls LLVMFuzzerTestOneInput()?
function(crashreel_look_for_fuzzer)
  set(CMAKE_REQUIRED_FLAGS -fsanitize=fuzzer)
  check_cxx_source_compiles(
    "#include <cstddef>
     extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, std::size_t) { return 0; }"
    CRASHREEL_HAS_FUZZER)
endfunction()

function(crashreel_add_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "BYTES_ALONE" "" "SOURCES;LIBRARIES")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "crashreel_add_fuzz_target(${name}): no SOURCES; name the adapter's files")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "crashreel_add_fuzz_target(${name}): ${arg_UNPARSED_ARGUMENTS}: unknown; "
                        "there are SOURCES, LIBRARIES and BYTES_ALONE")
  endif()
  crashreel_look_for_fuzzer()
  set(is_afl FALSE)
  if(CMAKE_CXX_COMPILER MATCHES "afl-")
    set(is_afl TRUE)
  endif()

  add_library(${name}-adapter OBJECT ${arg_SOURCES})
  target_link_libraries(${name}-adapter PUBLIC crashreel::adapter ${arg_LIBRARIES})
  add_executable(${name}-replay)
  target_link_libraries(${name}-replay
    PRIVATE ${name}-adapter crashreel::function_main crashreel::fuzz)
  set_target_properties(${name}-replay PROPERTIES LINKER_LANGUAGE CXX)
  if(NOT CRASHREEL_HAS_FUZZER)
    return()
  endif()

  if(NOT is_afl)  # whose compiler counts coverage everywhere
    target_compile_options(${name}-adapter PRIVATE -fsanitize=fuzzer-no-link)
    # The same object without a fuzzer: the counters are there, and nobody reads them.
    target_link_options(${name}-replay PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  add_executable(${name})
  target_link_libraries(${name} PRIVATE ${name}-adapter crashreel::fuzz)
  # Fuzzers ask for these by weak names, which alone take nothing out of an archive.
  target_link_options(${name} PRIVATE -fsanitize=fuzzer LINKER:--undefined=LLVMFuzzerTestOneInput)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  if(NOT arg_BYTES_ALONE AND NOT is_afl)
    target_link_options(${name} PRIVATE LINKER:--undefined=LLVMFuzzerCustomMutator)
  endif()
endfunction()
