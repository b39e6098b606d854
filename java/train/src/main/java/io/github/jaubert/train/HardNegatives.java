package io.github.jaubert.train;

import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Finds passages that are near to a query by the vectors of a model, and are not its positives:
 * negatives to learn from that are harder than those of chance. It is the search, with the options,
 * of {@code mine_hard_negatives} in sentence-transformers (with a relative margin, TopK-PercPos of
 * Moreira et al. 2024, "NV-Retriever").
 *
 * <pre>{@code
 * HardNegatives.Mined mined =
 *     HardNegatives.of(embeddings).relativeMargin(0.05f).mine(pairs, passages);
 * EmbeddingTraining.of(model, tokenizer, loss).train(mined.dataset("mined"))
 * }</pre>
 *
 * <p>Every query is compared to every passage. Memory holds the texts, the vectors of the queries,
 * the best passages of each, and the vectors of some thousand passages at a time.
 */
public final class HardNegatives {
  private static final int CANDIDATES = 10; // of each negative, if some may be refused

  private final Function<List<String>, List<float[]>> vectors;
  private int rangeMin;
  private int rangeMax; // 0: goes by the others
  private float maxScore = Float.NaN;
  private float relativeMargin = Float.NaN;
  private int numNegatives = 3;
  private Progress progress = (done, all) -> {};

  /** Is told how far the work is. */
  @FunctionalInterface
  public interface Progress {
    /** So many of all texts, queries and passages, have their vectors. */
    void advanced(int done, int all);
  }

  /** A query, a passage that belongs to it, one that does not, and the cosines of both. */
  public record Triplet(
      String anchor, String positive, String negative, float positiveScore, float negativeScore) {}

  /**
   * What was found.
   *
   * @param triplets by queries in the order of the pairs, then by positives, then the nearest
   *     negative first
   * @param queries how many distinct queries there are
   * @param passages how many distinct passages there are
   * @param withinMargin how many candidates were no negatives as they were within the margin
   * @param aboveMaxScore how many others were none as they were above the maximal score
   * @param incomplete how many queries have fewer negatives than were asked for
   */
  public record Mined(
      List<Triplet> triplets,
      int queries,
      int passages,
      long withinMargin,
      long aboveMaxScore,
      int incomplete) {
    /** Copies. */
    public Mined {
      triplets = List.copyOf(triplets);
    }

    /**
     * Rows of anchor, positive and negative, to learn from.
     *
     * @param source what errors call it
     * @throws DataException if there is none
     */
    public EmbeddingDataset dataset(String source) {
      return EmbeddingDataset.of(
          source,
          triplets.stream()
              .map(one -> EmbeddingDataset.Row.of(one.anchor(), one.positive(), one.negative()))
              .toList());
    }
  }

  private HardNegatives(Function<List<String>, List<float[]>> vectors) {
    this.vectors = vectors;
  }

  /** By the vectors of a pipeline, which remains the caller's. */
  public static HardNegatives of(Embeddings embeddings) {
    return of(embeddings::ofAll);
  }

  /** By vectors of texts that come from elsewhere, in order and of one length. */
  public static HardNegatives of(Function<List<String>, List<float[]>> vectors) {
    return new HardNegatives(vectors);
  }

  // ---- what counts as one ----

  /**
   * How many of the nearest are passed over, which may well be positives; 0 unless said otherwise.
   */
  public HardNegatives rangeMin(int rank) {
    HeadTask.require(rank >= 0, "rangeMin " + rank + ": a number from 0");
    rangeMin = rank;
    return this;
  }

  /**
   * How many of the nearest are looked at, more than {@link #rangeMin}. Unless it is said, 10 times
   * as many as negatives are wanted and as many as a query has positives, behind those passed over;
   * once as many if there is neither margin nor maximal score.
   */
  public HardNegatives rangeMax(int rank) {
    HeadTask.require(rank > 0, "rangeMax " + rank + ": a number from 1");
    rangeMax = rank;
    return this;
  }

  /** The largest cosine that a negative may have; any unless it is said. */
  public HardNegatives maxScore(float cosine) {
    HeadTask.require(Math.abs(cosine) <= 1, "maxScore " + cosine + ": a cosine from -1 to 1");
    maxScore = cosine;
    return this;
  }

  /**
   * By which part of the cosine of the positive, the furthest if there are several, a negative has
   * to be further away; 0.05 is a usual one, and 0 has it no nearer. It may be nearer unless this
   * is said.
   */
  public HardNegatives relativeMargin(float part) {
    HeadTask.require(part >= 0 && part <= 1, "relativeMargin " + part + ": a number from 0 to 1");
    relativeMargin = part;
    return this;
  }

  /** How many negatives a query gets, from 1, the nearest; 3 unless said otherwise. */
  public HardNegatives numNegatives(int count) {
    HeadTask.require(count > 0, "numNegatives " + count + ": a number from 1");
    numNegatives = count;
    return this;
  }

  /** Who is told how far the work is. */
  public HardNegatives progress(Progress listener) {
    progress = listener;
    return this;
  }

  // ---- finding them ----

  /** A query: its text, its positives by their places among the passages. */
  private record Query(String text, List<Integer> positives) {}

  /**
   * Finds negatives for pairs.
   *
   * @param pairs queries and their positives, the first two texts of the rows; a query with several
   *     positives is in several rows
   * @param passages what negatives are taken from, with all positives; none for those alone
   * @throws IllegalArgumentException if the range holds fewer than the negatives that are wanted
   * @throws java.util.concurrent.CancellationException if the thread is interrupted meanwhile
   */
  public Mined mine(EmbeddingDataset pairs, List<String> passages) {
    Set<String> distinct = new LinkedHashSet<>(passages);
    pairs.rows().forEach(row -> distinct.add(row.texts().get(1)));
    List<String> corpus = List.copyOf(distinct);
    Map<String, Integer> places = new LinkedHashMap<>();
    corpus.forEach(text -> places.put(text, places.size()));
    List<Query> queries = queries(pairs, places);
    int mostPositives = queries.stream().mapToInt(one -> one.positives().size()).max().orElse(0);
    int most = most(mostPositives);

    List<String> texts = queries.stream().map(Query::text).toList();
    NearestPassages nearest =
        new NearestPassages(
            vectors,
            texts,
            queries.stream().map(Query::positives).toList(),
            texts.stream().map(text -> places.getOrDefault(text, -1)).toList(),
            Math.min(corpus.size(), most + mostPositives),
            progress);
    nearest.search(corpus);
    return collect(queries, corpus, nearest, most);
  }

  private static List<Query> queries(EmbeddingDataset pairs, Map<String, Integer> places) {
    Map<String, Set<Integer>> positives = new LinkedHashMap<>();
    for (EmbeddingDataset.Row row : pairs.rows()) {
      positives
          .computeIfAbsent(row.texts().get(0), query -> new LinkedHashSet<>())
          .add(places.get(row.texts().get(1)));
    }
    return positives.entrySet().stream()
        .map(one -> new Query(one.getKey(), List.copyOf(one.getValue())))
        .toList();
  }

  private int most(int positives) {
    boolean refuses = !Float.isNaN(maxScore) || !Float.isNaN(relativeMargin);
    int most =
        rangeMax > 0 ? rangeMax : rangeMin + numNegatives * (refuses ? CANDIDATES : 1) + positives;
    HeadTask.require(
        numNegatives <= most - rangeMin,
        "%d negatives of the nearest from %d to %d, which are %d"
            .formatted(numNegatives, rangeMin, most, Math.max(0, most - rangeMin)));
    return most;
  }

  private Mined collect(
      List<Query> queries, List<String> corpus, NearestPassages nearest, int most) {
    List<Triplet> triplets = new ArrayList<>();
    long withinMargin = 0;
    long aboveMaxScore = 0;
    int incomplete = 0;
    for (int query = 0; query < queries.size(); query++) {
      Query own = queries.get(query);
      float[] scores = nearest.positiveScores(query);
      float threshold = threshold(scores);
      List<NearestPassages.Found> left = new ArrayList<>();
      for (NearestPassages.Found found : nearest.of(query)) {
        if (own.positives().contains(found.passage())) {
          continue;
        }
        if (found.score() > threshold) {
          withinMargin++;
        } else if (found.score() > maxScore) {
          aboveMaxScore++;
        } else {
          left.add(found);
        }
      }
      List<NearestPassages.Found> negatives =
          left.stream().limit(most).skip(rangeMin).limit(numNegatives).toList();
      incomplete += negatives.size() < numNegatives ? 1 : 0;
      IntStream.range(0, scores.length)
          .forEach(
              i ->
                  negatives.forEach(
                      negative ->
                          triplets.add(
                              new Triplet(
                                  own.text(),
                                  corpus.get(own.positives().get(i)),
                                  corpus.get(negative.passage()),
                                  scores[i],
                                  negative.score()))));
    }
    return new Mined(
        triplets, queries.size(), corpus.size(), withinMargin, aboveMaxScore, incomplete);
  }

  /** What a negative may score at most, for the margin. */
  private float threshold(float[] positiveScores) {
    if (Float.isNaN(relativeMargin)) {
      return Float.POSITIVE_INFINITY;
    }
    float least = Float.POSITIVE_INFINITY;
    for (float score : positiveScores) {
      least = Math.min(least, score);
    }
    return least - Math.abs(least) * relativeMargin;
  }
}
