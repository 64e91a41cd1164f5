#include "tools/pipeline/save_reason.h"

namespace crashreel {

const char* name_of(SaveReason reason) {
  switch (reason) {
    case SaveReason::kUnknown:
      return "unknown";
    case SaveReason::kCrash:
      return "crash";
    case SaveReason::kAbnormal:
      return "abnormal";
    case SaveReason::kAlways:
      return "always";
    case SaveReason::kSignal:
      return "signal";
    case SaveReason::kRequest:
      return "request";
    case SaveReason::kHang:
      return "hang";
  }
  return "unknown";
}

}  // namespace crashreel
