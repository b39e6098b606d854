// jaubert_cuda_gpu_test [PREFIX...]: the tests of this folder on the machine's first GPU, by libjaubert_cuda and
// cuBLAS, without Java. They are for compute-sanitizer, which sees nothing but CUDA then, and for a first look.
//
// cuBLAS, of CUDA 13 or 12, is opened by its name, or in the folders below; neither its headers nor its library are
// needed to build this. Without a GPU nothing is run, and the exit code is 77.
#include <dlfcn.h>
#include <glob.h>

#include <cstdio>
#include <cstdlib>

#include "cuda/both.h"

namespace {

constexpr int kNotRun = 77;
constexpr int64_t kWorkspaceBytes = 32 << 20;
constexpr int kPedantic = 16;  // CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION, as java/cuda's CuBlas sets it

struct CuBlas {
  int (*create)(void** handle);
  int (*set_stream)(void* handle, void* stream);
  int (*set_workspace)(void* handle, void* memory, size_t bytes);
  int (*set_math_mode)(void* handle, int mode);
  void *gemm, *gemm_batched;
};

CuBlas cublas;
std::vector<void*> handles;  // that no context has at the moment: to make one takes long

struct Attached {
  void *handle, *workspace;
};

void check(int status, const char* call) {
  if (status != 0) throw test::Failure(std::string(call) + " failed with status " + std::to_string(status));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Where libraries of CUDA may be, as patterns of paths; java/cuda's Toolkit looks into the same.
std::vector<std::string> folders() {
  const std::string packages = "/lib/python3*/site-packages/nvidia/*/lib";
  std::vector<std::string> found;
  for (const char* name : {"CUDA_HOME", "CUDA_PATH"}) {
    if (!variable(name).empty()) {
      found.push_back(variable(name) + "/lib64");
      found.push_back(variable(name) + "/targets/x86_64-linux/lib");
    }
  }
  for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (!variable(name).empty()) found.push_back(variable(name) + packages);
  }
  std::istringstream commands(variable("PATH"));
  for (std::string folder; std::getline(commands, folder, ':');) {
    const size_t parent = folder.rfind('/');
    if (parent != std::string::npos) found.push_back(folder.substr(0, parent) + packages);
  }
  found.insert(found.end(), {"/usr/local/cuda/lib64", "/usr/local/cuda-1[23]*/lib64", "/opt/cuda/lib64",
                             "/usr/local/lib/python3*/dist-packages/nvidia/*/lib", "/usr/local" + packages,
                             variable("HOME") + "/.local" + packages});
  return found;
}

std::vector<std::string> expand(const std::string& pattern) {
  glob_t matches{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
    paths.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  }
  globfree(&matches);
  return paths;
}

// libcublas needs libcublasLt, which need not be where the linker looks.
void* open_in(const std::string& folder, const std::string& version) {
  dlopen((folder + "libcublasLt.so." + version).c_str(), RTLD_NOW | RTLD_GLOBAL);
  return dlopen((folder + "libcublas.so." + version).c_str(), RTLD_NOW | RTLD_GLOBAL);
}

void* open_cublas() {
  for (const char* version : {"13", "12"}) {
    if (void* library = open_in("", version)) return library;
    for (const std::string& pattern : folders()) {
      for (const std::string& file : expand(pattern + "/libcublas.so." + version)) {
        if (void* library = open_in(file.substr(0, file.rfind('/') + 1), version)) return library;
        std::fprintf(stderr, "%s\n", dlerror());
      }
    }
  }
  return nullptr;
}

// 13010 as 13.1.
std::string version(int32_t cuda) { return std::to_string(cuda / 1000) + "." + std::to_string(cuda % 1000 / 10); }

template <typename Function>
void resolve(void* library, const char* name, Function& function) {
  void* address = dlsym(library, name);
  if (address == nullptr) throw test::Failure(std::string("cuBLAS has no ") + name);
  std::memcpy(&function, &address, sizeof(function));
}

// What is said of the GPU and of cuBLAS; empty if there is no GPU, and then `why` says why.
std::string find(std::string& why) {
  int32_t driver = 0, built_with = 0, devices = 0, capability = 0;
  if (jb_cuda_driver(&driver, &built_with, &devices) != JB_OK) {
    why = jb_last_error();
    return "";
  }
  if (driver == 0 || devices == 0) {
    why = driver == 0                         ? "there is no NVIDIA driver (libcuda.so.1)"
          : driver / 1000 < built_with / 1000 ? "the NVIDIA driver is for CUDA " + version(driver) +
                                                    ", and the kernels were built with " + version(built_with)
                                              : "the NVIDIA driver shows none";
    return "";
  }
  int8_t name[256];
  int64_t memory = 0, free_memory = 0;
  EXPECT_OK(jb_cuda_device(0, name, &capability, nullptr, &memory, &free_memory));
  void* library = open_cublas();
  if (library == nullptr) {
    std::string words = "no libcublas.so.13 or .12 is in LD_LIBRARY_PATH, the system's folders, or any of";
    for (const std::string& folder : folders()) words += " " + folder;
    throw test::Failure(words);
  }
  resolve(library, "cublasCreate_v2", cublas.create);
  resolve(library, "cublasSetStream_v2", cublas.set_stream);
  resolve(library, "cublasSetWorkspace_v2", cublas.set_workspace);
  resolve(library, "cublasSetMathMode", cublas.set_math_mode);
  resolve(library, "cublasGemmEx", cublas.gemm);
  resolve(library, "cublasGemmStridedBatchedEx", cublas.gemm_batched);
  Dl_info file{};
  void* address = cublas.gemm;
  dladdr(address, &file);
  std::ostringstream words;
  words << reinterpret_cast<const char*>(name) << ", compute capability " << capability / 10 << "." << capability % 10
        << ", driver for CUDA " << version(driver) << "; kernels for " << jb_cuda_architectures() << " by CUDA "
        << version(built_with) << "; " << file.dli_fname;
  return words.str();
}

}  // namespace

namespace test {

void* attach_blas(jb_ctx cuda) {
  void* handle = nullptr;
  if (handles.empty()) {
    check(cublas.create(&handle), "cublasCreate");
  } else {
    handle = handles.back();
    handles.pop_back();
  }
  void* workspace = jb_allocate(cuda, kWorkspaceBytes);
  if (workspace == nullptr) throw Failure(jb_last_error());
  check(cublas.set_stream(handle, jb_cuda_stream(cuda)), "cublasSetStream");  // which takes a workspace away
  check(cublas.set_workspace(handle, workspace, kWorkspaceBytes), "cublasSetWorkspace");
  check(cublas.set_math_mode(handle, kPedantic), "cublasSetMathMode");
  EXPECT_OK(jb_cuda_set_blas(cuda, handle, cublas.gemm, cublas.gemm_batched));
  return new Attached{handle, workspace};
}

void detach_blas(jb_ctx cuda, void* blas) {
  auto* attached = static_cast<Attached*>(blas);
  handles.push_back(attached->handle);
  jb_release(cuda, attached->workspace, kWorkspaceBytes);
  delete attached;
}

}  // namespace test

int main(int argc, char** argv) {
  try {
    std::string why;
    const std::string found = find(why);
    if (found.empty()) {
      std::printf("no GPU to use: %s. Nothing was run\n", why.c_str());
      return kNotRun;
    }
    std::printf("%s\n", found.c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return EXIT_FAILURE;
  }
  return test::run(argc, argv);
}
