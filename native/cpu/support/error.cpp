#include "support/error.h"

#include <new>

#include "support/last_error.h"

namespace jb {

jb_status remember_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& e) {
    jb_set_last_error(e.what());
    return e.status();
  } catch (const std::bad_alloc&) {
    jb_set_last_error("out of memory");
    return JB_OUT_OF_MEMORY;
  } catch (const std::exception& e) {
    jb_set_last_error(e.what());
    return JB_DEVICE_ERROR;
  } catch (...) {
    jb_set_last_error("unknown failure");
    return JB_DEVICE_ERROR;
  }
}

}  // namespace jb
