// Where does that lie which every record touches, variables and code?
//
// Together: after a system call the processor may know no page any more (where the kernel keeps its
// page tables apart, and the CPU has no numbers to tell them by), and looking up one that is
// touched then takes 15 to 20 ns, one after the other where one says where the next one is. So
// does each line of code that the kernel has pushed out of the nearest cache.
#pragma once

// Read often, and after the start hardly written.
#define CRASHREEL_HOT_DATA [[gnu::section("crashreel_hot")]]

// What nearly every input and answer passes through, to be kept below a page in all; the linker
// sorts such sections by their names. And what many pass through.
#define CRASHREEL_HOT_CODE [[gnu::hot, gnu::noinline, gnu::section(".text.sorted.crashreel.1")]]
#define CRASHREEL_WARM_CODE [[gnu::hot, gnu::noinline, gnu::section(".text.sorted.crashreel.2")]]
