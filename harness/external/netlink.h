// How is the kernel asked something over netlink(7), and where in its answer is what was asked for?
//
// The answers are the kernel's, so they are believed. Knows no question.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <functional>
#include <string_view>

namespace crashreel {

// Each message of the answer; of a question for one thing (without NLM_F_DUMP) there is one. False:
// there is none, or no further one; errno says why.
bool ask_kernel(int netlink, const void* question, std::size_t size,
                const std::function<void(const nlmsghdr&)>& each);

// The attribute of this type behind what every such message begins with, so many bytes of it.
// Borrowed from the message; null data: there is none.
std::string_view attribute_in(const nlmsghdr& message, std::size_t begins_with, unsigned type);

}  // namespace crashreel
