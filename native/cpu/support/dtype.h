// Element types: names, sizes, and the C++ type of each that kernels compute with.
#ifndef JAUBERT_CPU_SUPPORT_DTYPE_H
#define JAUBERT_CPU_SUPPORT_DTYPE_H

#include <cstdint>

#include "jaubert/common.h"
#include "support/error.h"

namespace jb {

// Storage of the types that C++ has no word for; arithmetic on them goes through float.
enum class BFloat16 : uint16_t {};
enum class Float16 : uint16_t {};
enum class Bool : uint8_t {};  // 0 or 1

inline const char* dtype_name(jb_dtype dtype) {
  constexpr const char* kNames[] = {"float32", "bfloat16", "float16", "int32", "int64", "bool"};
  return dtype >= JB_F32 && dtype <= JB_BOOL ? kNames[dtype] : "unknown";
}

inline void check_dtype(const char* function, jb_dtype dtype) {
  JB_CHECK(dtype >= JB_F32 && dtype <= JB_BOOL, "{}: {} is not an element type", function, dtype);
}

// Calls body with a value of the C++ type of dtype: with_dtype("cast", t, [&](auto zero) { using T = decltype(zero); })
template <typename Body>
decltype(auto) with_dtype(const char* function, jb_dtype dtype, Body&& body) {
  switch (dtype) {
    case JB_F32:
      return body(float{});
    case JB_BF16:
      return body(BFloat16{});
    case JB_F16:
      return body(Float16{});
    case JB_I32:
      return body(int32_t{});
    case JB_I64:
      return body(int64_t{});
    case JB_BOOL:
      return body(Bool{});
    default:
      fail(JB_INVALID_ARGUMENT, "{}: {} is not an element type", function, dtype);
  }
}

// For kernels that only move elements: an unsigned integer of the same size.
template <typename Body>
decltype(auto) with_size_of(const char* function, jb_dtype dtype, Body&& body) {
  return with_dtype(function, dtype, [&](auto zero) -> decltype(auto) {
    if constexpr (sizeof(zero) == 1) {
      return body(uint8_t{});
    } else if constexpr (sizeof(zero) == 2) {
      return body(uint16_t{});
    } else if constexpr (sizeof(zero) == 4) {
      return body(uint32_t{});
    } else {
      return body(uint64_t{});
    }
  });
}

// Refuses a negative size or a null address of an array that has elements.
inline void check_array(const char* function, const char* name, const void* array, int64_t n) {
  JB_CHECK(n >= 0, "{}: {} has {} elements", function, name, n);
  JB_CHECK(n == 0 || array != nullptr, "{}: {} is null but has {} elements", function, name, n);
}

}  // namespace jb

#endif
