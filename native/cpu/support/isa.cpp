#include "support/isa.h"

#include <cstdlib>
#include <cstring>

#include "support/amx.h"
#include "support/error.h"

namespace jb {
namespace {

Isa detect() {
#ifdef JB_SEVERAL_ISAS
  __builtin_cpu_init();
  const char* most = std::getenv("JAUBERT_ISA");
  const auto is_most = [&](const char* name) { return most != nullptr && std::strcmp(most, name) == 0; };
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512 || is_most("avx2")) return Isa::kAvx2;
  return __builtin_cpu_supports("avx512bf16") && !is_most("avx512") ? Isa::kAvx512Bf16 : Isa::kAvx512;
#else
  return Isa::kBaseline;
#endif
}

}  // namespace

Isa isa() {
  static const Isa chosen = detect();
  return chosen;
}

const char* isa_name() {
  if (amx::tiles() == amx::Tiles::kUnit) return "amx";
  if (amx::tiles() == amx::Tiles::kPlain) return "plain tiles";
  switch (isa()) {
    case Isa::kAvx512Bf16:
      return "avx512bf16";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kBaseline:
      break;
  }
#if defined(__aarch64__)
  return "neon";
#else
  return "baseline";
#endif
}

bool bfloat16_is_fast() {
#ifdef JB_SEVERAL_ISAS
  return amx::tiles() == amx::Tiles::kUnit || (isa() == Isa::kAvx512Bf16 && __builtin_cpu_is("amd"));
#else
  return false;
#endif
}

void require_supported_cpu() {
#ifdef JB_SEVERAL_ISAS
  const bool enough = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (!enough) {
    fail(JB_UNSUPPORTED, "this CPU lacks AVX2, FMA or F16C (Intel since Haswell 2013, AMD since Excavator 2015)");
  }
#endif
}

}  // namespace jb
