// What is said of an index, a label or an id outside: by the CPU at once, by a GPU later.
#ifndef JAUBERT_CPU_SUPPORT_INDEX_WORDS_H
#define JAUBERT_CPU_SUPPORT_INDEX_WORDS_H

#include <cstdint>

#include "support/error.h"

namespace jb {

inline std::string words_of_index(const char* function, int64_t place, int64_t index, int64_t rows) {
  return format("{}: index[{}] is {}, outside [0, {})", function, place, index, rows);
}
inline std::string words_of_label(const char* function, int32_t label, int64_t row, int64_t classes,
                                  int32_t ignore_index) {
  return format("{}: label {} of row {} is neither in [0, {}) nor the ignored {}", function, label, row, classes,
                ignore_index);
}
inline std::string words_of_id(const char* table, int32_t id, int64_t token, int64_t rows) {
  return format("embedding: {} id {} of token {} is outside [0, {})", table, id, token, rows);
}

}  // namespace jb

#endif
