// The instruction set that kernels run with.
#ifndef JAUBERT_CPU_SUPPORT_ISA_H
#define JAUBERT_CPU_SUPPORT_ISA_H

namespace jb {

enum class Isa { kBaseline, kAvx2, kAvx512, kAvx512Bf16 };

// The best of those compiled in that this CPU has; with avx2 or avx512 in the environment variable JAUBERT_ISA at most
// that. Constant through the life of the process.
Isa isa();
const char* isa_name();

// Whether products of bfloat16 take less time than of float32. Intel's vectors of bfloat16 do not.
bool bfloat16_is_fast();

// Throws if this CPU lacks what even the lowest set needs. Until then no kernel may run.
void require_supported_cpu();

}  // namespace jb

#endif
