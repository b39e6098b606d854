// Functions of other libraries of the process.
#include <dlfcn.h>

#include <cstring>
#include <memory>

#include "jaubert/cuda.h"
#include "support/error.h"

jb_in jb_cuda_function_of(const char* library, const char* function, int8_t* file, int32_t size) {
  void* address = nullptr;
  jb::guard([&] {
    JB_CHECK(library != nullptr && function != nullptr, "function_of: the name of the {} is null",
             library == nullptr ? "library" : "function");
    const std::unique_ptr<void, int (*)(void*)> opened(dlopen(library, RTLD_LAZY | RTLD_NOLOAD), &dlclose);
    JB_CHECK(opened != nullptr, "function_of: {} is not loaded", library);
    address = dlsym(opened.get(), function);
    JB_CHECK(address != nullptr, "function_of: {} has no function {}", library, function);
    Dl_info found{};
    dladdr(address, &found);
    const char* name = found.dli_fname != nullptr ? found.dli_fname : "";
    const size_t length = std::strlen(name);
    if (file == nullptr) return;
    if (length >= static_cast<size_t>(size)) address = nullptr;
    JB_CHECK(address != nullptr, "function_of: {} bytes are too few for {}", size, name);
    std::memcpy(file, name, length + 1);
  });
  return address;
}
