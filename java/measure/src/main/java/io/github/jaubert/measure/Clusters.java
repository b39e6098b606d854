package io.github.jaubert.measure;

import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.measure.ClusterReport.Cluster;
import io.github.jaubert.measure.ClusterReport.Placed;
import io.github.jaubert.measure.ClusterReport.Tried;
import io.github.jaubert.measure.LabelReport.LabelShare;
import io.github.jaubert.measure.bias.BiasListener;
import io.github.jaubert.measure.similar.ReadText;
import io.github.jaubert.measure.statistics.KMeans;
import io.github.jaubert.measure.statistics.MutualInformation;
import io.github.jaubert.measure.statistics.Silhouette;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Draws texts as they come, and puts those together that an encoder finds alike. */
final class Clusters {
  private static final int[] TRIED = {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20};
  private static final int SAMPLE = 2000;
  private static final int RUNS = 4;
  private static final int LISTED = 20;
  private static final int NEAREST = 8;
  private static final int LABELS = 8;

  /** No encoder reads more of a text. */
  private static final int READ = 20_000;

  private static final int AT_ONCE = 256;

  private final Embeddings encoder;
  private final int wanted;
  private final long seed;
  private final BiasListener listener;
  private final Reservoir<Item> texts;

  // of the texts that were drawn
  private float[][] vectors;
  private int[] sample;

  /**
   * @param wanted how many clusters, 0 for as many as are best apart
   * @param most how many texts are drawn
   */
  Clusters(Embeddings encoder, int wanted, int most, long seed, BiasListener listener) {
    this.encoder = encoder;
    this.wanted = wanted;
    this.seed = seed;
    this.listener = listener;
    texts = new Reservoir<>(most, seed);
  }

  /** A row may be drawn, if it has a text. */
  void add(Item item) {
    String text = item.text();
    if (text != null && !text.isBlank()) {
      texts.add(
          text.length() <= READ
              ? item
              : new Item(text.substring(0, READ), null, item.labels(), item.line()));
    }
  }

  /**
   * What came of it; null if there is no text.
   *
   * @param labels whether labels are classes
   */
  ClusterReport report(boolean labels) {
    List<Item> items = texts.drawn();
    if (items.isEmpty()) {
      return null;
    }
    embed(items);
    sample = sample();
    float[][] some = IntStream.of(sample).mapToObj(i -> vectors[i]).toArray(float[][]::new);
    Silhouette silhouette = new Silhouette(some);
    List<Tried> tried = wanted == 0 ? tried(some, silhouette) : List.of();
    int count =
        wanted != 0
            ? wanted
            : tried.stream()
                .max(
                    Comparator.comparingDouble(Tried::silhouette)
                        .thenComparing(Tried::clusters, Comparator.reverseOrder()))
                .map(Tried::clusters)
                .orElse(1);
    KMeans.Result found = KMeans.fit(vectors, count, RUNS, seed);
    double apart = silhouette.of(IntStream.of(sample).map(i -> found.cluster()[i]).toArray());
    double[] distances = Arrays.stream(found.squared()).map(Math::sqrt).toArray();
    double[] sorted = distances.clone();
    Arrays.sort(sorted);
    double first = Perplexity.quantile(sorted, 0.25);
    double third = Perplexity.quantile(sorted, 0.75);
    double limit = third + 1.5 * (third - first);
    int[] numbers = numbers(found);
    List<Cluster> clusters = new ArrayList<>();
    for (int c = 0; c < found.centers().length; c++) {
      clusters.add(cluster(c, numbers, found.cluster(), distances, labels));
    }
    clusters.removeIf(one -> one.texts() == 0);
    clusters.sort(Comparator.comparingInt(Cluster::number));
    return new ClusterReport(
        items.size(),
        texts.seen(),
        vectors[0].length,
        found.inertia(),
        Double.isNaN(apart) ? null : apart,
        labels ? agreement(found.cluster()) : null,
        tried,
        limit,
        (int) Arrays.stream(distances).filter(one -> one > limit).count(),
        clusters,
        IntStream.range(0, distances.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -distances[i]))
            .limit(LISTED)
            .map(i -> placed(i, numbers[found.cluster()[i]], distances[i]))
            .toList());
  }

  private void embed(List<Item> items) {
    vectors = new float[items.size()][];
    for (int from = 0; from < vectors.length; from += AT_ONCE) {
      int to = Math.min(vectors.length, from + AT_ONCE);
      List<float[]> some = encoder.ofAll(items.subList(from, to).stream().map(Item::text).toList());
      for (int i = from; i < to; i++) {
        vectors[i] = normalized(some.get(i - from), items.get(i).line());
      }
      listener.advanced("embedding", to, vectors.length);
    }
  }

  private static float[] normalized(float[] vector, long line) {
    double sum = 0;
    for (float x : vector) {
      sum += (double) x * x;
    }
    if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
      throw new IllegalStateException(
          "the encoder makes no vector with a direction of the text in line " + line);
    }
    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] / Math.sqrt(sum));
    }
    return unit;
  }

  /** Some of the texts, as all distances are too many. */
  private int[] sample() {
    int[] order = IntStream.range(0, vectors.length).toArray();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < Math.min(SAMPLE, order.length); i++) {
      int other = i + random.nextInt(order.length - i);
      int kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    return Arrays.copyOf(order, Math.min(SAMPLE, order.length));
  }

  private List<Tried> tried(float[][] some, Silhouette silhouette) {
    List<Tried> tried = new ArrayList<>();
    for (int count : TRIED) {
      if (2 * count <= some.length) {
        KMeans.Result found = KMeans.fit(some, count, RUNS, seed);
        double apart = silhouette.of(found.cluster());
        if (found.centers().length == count && !Double.isNaN(apart)) {
          tried.add(new Tried(count, apart));
        }
      }
    }
    return tried;
  }

  /** From 1 for the largest cluster on. */
  private static int[] numbers(KMeans.Result found) {
    int[] sizes = new int[found.centers().length];
    IntStream.of(found.cluster()).forEach(c -> sizes[c]++);
    int[] order =
        IntStream.range(0, sizes.length)
            .boxed()
            .sorted(Comparator.comparingInt(c -> -sizes[c]))
            .mapToInt(c -> c)
            .toArray();
    int[] numbers = new int[sizes.length];
    for (int i = 0; i < order.length; i++) {
      numbers[order[i]] = i + 1;
    }
    return numbers;
  }

  private Placed placed(int i, int number, double distance) {
    Item item = texts.drawn().get(i);
    return new Placed(ReadText.shown(item.text()), item.line(), number, distance);
  }

  private Cluster cluster(int c, int[] numbers, int[] cluster, double[] distances, boolean labels) {
    List<Integer> own =
        IntStream.range(0, cluster.length)
            .filter(i -> cluster[i] == c)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> distances[i]))
            .toList();
    List<Placed> nearest = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>();
    for (int i : own) {
      Placed one = placed(i, numbers[c], distances[i]);
      if (seen.add(one.text())) {
        nearest.add(one);
      }
      if (nearest.size() == NEAREST) {
        break;
      }
    }
    return new Cluster(
        numbers[c],
        own.size(),
        Similarity.share(own.size(), cluster.length),
        own.stream().mapToDouble(i -> distances[i]).average().orElse(0),
        labels ? labels(own) : List.of(),
        nearest);
  }

  private List<LabelShare> labels(List<Integer> own) {
    Map<String, Long> counts = new TreeMap<>();
    for (int i : own) {
      texts.drawn().get(i).labels().forEach(label -> counts.merge(label, 1L, Long::sum));
    }
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(LABELS)
        .map(
            one ->
                new LabelShare(
                    one.getKey(), one.getValue(), Similarity.share(one.getValue(), own.size())))
        .toList();
  }

  private Double agreement(int[] cluster) {
    Map<String, Integer> ids = new TreeMap<>();
    int[] labels = new int[cluster.length];
    for (int i = 0; i < labels.length; i++) {
      List<String> own = texts.drawn().get(i).labels();
      if (own.size() != 1) {
        return null;
      }
      labels[i] = ids.computeIfAbsent(own.get(0), label -> ids.size());
    }
    return MutualInformation.normalized(cluster, labels);
  }
}
