// kernels/reduce under the emulator.
#include "reduce/reduce.cuh"

#include "simt/check.h"

namespace {

using simt::Buffer;

struct Sizes {
  int64_t outer, axis, inner;
};
constexpr Sizes kSizes[] = {{1, 1, 1}, {3, 5, 1}, {2, 300, 1}, {2, 7, 33}, {3, 1, 40}, {1, 65, 3}};

// y of one reduction; kColumns as a launcher chooses it. In two stages if `part` is not 0.
template <typename Y, typename T>
std::vector<Y> reduce(jb_reduce_op op, const std::vector<T>& x, Sizes s, int64_t part = 0) {
  Buffer<T> bx("x", x);
  Buffer<Y> y("y", static_cast<size_t>(s.outer * s.inner));
  const auto outer = static_cast<unsigned>(s.outer), inner = static_cast<unsigned>(s.inner);
  const auto run = [&](auto columns) {
    constexpr unsigned kColumns = columns;
    const unsigned across = (inner + kColumns - 1) / kColumns;
    const simt::Dim block{kColumns, jb::kReduceThreads / kColumns};
    if (part == 0) {
      const simt::Shape shape{{across, 2}, block};
      SIMT_LAUNCH((jb::reduce_axis<T, Y, columns>), ({shape}), op, y.data(), bx.data(), s.outer, s.axis, s.inner);
      return;
    }
    const auto parts = static_cast<unsigned>((s.axis + part - 1) / part);
    Buffer<typename jb::Reduced<T>::Type> values("values", size_t{outer} * parts * inner);
    Buffer<int64_t> places("places", values.size());
    const simt::Shape shape{{across, parts, outer}, block}, last{{inner, outer}, {1, jb::kReduceThreads}};
    SIMT_LAUNCH((jb::reduce_parts<T, columns>), ({shape}), op, values.data(), places.data(), bx.data(), s.axis, s.inner,
                part);
    SIMT_LAUNCH((jb::reduce_combine<T, Y>), ({last}), op, y.data(), values.data(), places.data(),
                static_cast<int>(parts), s.axis);
  };
  if (s.inner == 1) {
    run(std::integral_constant<int, 1>());
  } else {
    run(std::integral_constant<int, 32>());
  }
  return y.values();
}

// How an axis is cut by the tests: not at all, and into parts of which the last is a rest or a single one.
std::vector<int64_t> parts_of(Sizes s) { return {0, s.axis / 3 + 1, std::max<int64_t>(1, s.axis - 1)}; }

// The values along the axis for each element of the result.
template <typename T>
std::vector<std::vector<T>> lines(const std::vector<T>& x, Sizes s) {
  std::vector<std::vector<T>> all;
  for (int64_t o = 0; o < s.outer; ++o) {
    for (int64_t c = 0; c < s.inner; ++c) {
      std::vector<T> line;
      for (int64_t k = 0; k < s.axis; ++k) line.push_back(x[static_cast<size_t>((o * s.axis + k) * s.inner + c)]);
      all.push_back(line);
    }
  }
  return all;
}

template <typename T>
void check_sums(Sizes s) {
  const std::vector<T> x = simt::normal<T>(s.outer * s.axis * s.inner);
  std::vector<double> sums, means, size;
  for (const std::vector<T>& line : lines(x, s)) {
    double sum = 0, absolute = 0;
    for (double v : simt::doubles(line)) sum += v, absolute += std::abs(v);
    sums.push_back(sum);
    means.push_back(sum / static_cast<double>(s.axis));
    size.push_back(0x1p-21 * absolute + simt::kRounding<T> * std::abs(sum) + 1e-30);
  }
  simt::for_each_order(test::random()(), [&] {
    for (int64_t part : parts_of(s)) {
      EXPECT_AS_GOOD(simt::doubles(reduce<T>(JB_SUM, x, s, part)), sums, sums, size);
      EXPECT_AS_GOOD(simt::doubles(reduce<T>(JB_MEAN, x, s, part)), means, means, size);
    }
  });
}

template <typename T>
void check_extremes(Sizes s, bool with_nan) {
  std::vector<T> x;
  for (float v : test::integers<float>(s.outer * s.axis * s.inner, -4, 4)) x.push_back(static_cast<T>(v));
  if constexpr (std::is_same_v<T, float>) {
    if (with_nan && x.size() > 3) x[1] = x[3] = NAN;
  }
  const std::vector<std::vector<T>> all = lines(x, s);
  simt::for_each_order(test::random()(), [&] {
    for (int64_t turn = 0; turn < 6; ++turn) {
      const bool larger = turn % 2 == 0;
      const int64_t part = parts_of(s)[static_cast<size_t>(turn / 2)];
      const std::vector<T> values = reduce<T>(larger ? JB_MAX : JB_MIN, x, s, part);
      const std::vector<int64_t> places = reduce<int64_t>(larger ? JB_ARGMAX : JB_ARGMIN, x, s, part);
      for (size_t i = 0; i < all.size(); ++i) {
        size_t best = 0;
        for (size_t k = 1; k < all[i].size(); ++k) {
          const T a = all[i][best], b = all[i][k];
          if (a == a && (b != b || (larger ? b > a : b < a))) best = k;
        }
        EXPECT(places[i] == static_cast<int64_t>(best));
        EXPECT(std::memcmp(&values[i], &all[i][best], sizeof(T)) == 0);
      }
    }
  });
}

}  // namespace

TEST(sums_and_means) {
  for (Sizes s : kSizes) {
    check_sums<float>(s);
    check_sums<jb::bf16>(s);
    const std::vector<int32_t> x = test::integers<int32_t>(s.outer * s.axis * s.inner, -2000000000, 2000000000);
    const std::vector<int32_t> sums = reduce<int32_t>(JB_SUM, x, s);
    EXPECT_SAME_BITS(sums, reduce<int32_t>(JB_SUM, x, s, parts_of(s)[1]));
    const std::vector<std::vector<int32_t>> all = lines(x, s);
    for (size_t i = 0; i < all.size(); ++i) {
      uint32_t sum = 0;
      for (int32_t v : all[i]) sum += static_cast<uint32_t>(v);
      EXPECT(sums[i] == static_cast<int32_t>(sum));
    }
  }
}

TEST(extremes_and_their_places) {
  for (Sizes s : kSizes) {
    check_extremes<float>(s, false);
    check_extremes<float>(s, true);
    check_extremes<int32_t>(s, false);
    check_extremes<int64_t>(s, false);
  }
}

TEST(any_and_all) {
  for (Sizes s : kSizes) {
    const std::vector<uint8_t> x = test::integers<uint8_t>(s.outer * s.axis * s.inner, 0, 2);
    const std::vector<std::vector<uint8_t>> all = lines(x, s);
    for (int64_t part : parts_of(s)) {
      const std::vector<uint8_t> any = reduce<uint8_t>(JB_ANY, x, s, part), every = reduce<uint8_t>(JB_ALL, x, s, part);
      for (size_t i = 0; i < all.size(); ++i) {
        EXPECT(any[i] == *std::max_element(all[i].begin(), all[i].end()));
        EXPECT(every[i] == *std::min_element(all[i].begin(), all[i].end()));
      }
    }
  }
}

TEST(an_empty_axis) {
  for (const Sizes s : {Sizes{2, 0, 1}, Sizes{2, 0, 35}}) {
    const auto n = static_cast<size_t>(s.outer * s.inner);
    EXPECT_SAME_BITS(reduce<float>(JB_SUM, std::vector<float>(), s), std::vector<float>(n, 0));
    EXPECT(std::isnan(reduce<float>(JB_MEAN, std::vector<float>(), s)[n - 1]));
    EXPECT_SAME_BITS(reduce<uint8_t>(JB_ANY, std::vector<uint8_t>(), s), std::vector<uint8_t>(n, 0));
    EXPECT_SAME_BITS(reduce<uint8_t>(JB_ALL, std::vector<uint8_t>(), s), std::vector<uint8_t>(n, 1));
  }
}
