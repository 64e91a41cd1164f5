// The ways in which a program answers.
#pragma once

#include <string>

// Sends "ok\n" to `fd` by the call that `how` names.
void answer_by(const std::string& how, int fd);
