package io.github.jaubert.measure.statistics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Against scikit-learn (src/test/python/clusters.py), and against the definition. */
class KMeansTest {
  private final RandomGenerator random = Seeds.random("k-means");

  private static JsonNode golden() throws IOException {
    return new JsonMapper().readTree(KMeansTest.class.getResourceAsStream("clusters.json"));
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static float[][] vectors(JsonNode array) {
    float[][] all = new float[array.size()][];
    for (int i = 0; i < all.length; i++) {
      all[i] = new float[array.get(i).size()];
      for (int j = 0; j < all[i].length; j++) {
        all[i][j] = (float) array.get(i).get(j).asDouble();
      }
    }
    return all;
  }

  /** The numbers of clusters in the order in which they come. */
  private static int[] renumbered(int[] cluster) {
    int[] seen = new int[cluster.length];
    int[] first = Arrays.stream(cluster).distinct().toArray();
    for (int i = 0; i < first.length; i++) {
      for (int j = 0; j < cluster.length; j++) {
        seen[j] = cluster[j] == first[i] ? i : seen[j];
      }
    }
    return seen;
  }

  @Test
  void theBestClustersAreThoseOfScikitLearn() throws IOException {
    JsonNode truth = golden();
    KMeans.Result found =
        KMeans.fit(vectors(truth.path("vectors")), 4, 40, Seeds.seed("best clusters"));
    assertEquals(truth.path("inertia").asDouble(), found.inertia(), 1e-6, Seeds.said());
    assertArrayEquals(
        renumbered(ints(truth.path("cluster"))), renumbered(found.cluster()), Seeds.said());
  }

  @Test
  void silhouetteAndAgreementAreThoseOfScikitLearn() throws IOException {
    JsonNode truth = golden();
    Silhouette silhouette = new Silhouette(vectors(truth.path("vectors")));
    int[] cluster = ints(truth.path("cluster"));
    int[] other = ints(truth.path("other"));
    int[] labels = ints(truth.path("true"));
    assertEquals(truth.path("silhouette").asDouble(), silhouette.of(cluster), 1e-6);
    assertEquals(truth.path("other_silhouette").asDouble(), silhouette.of(other), 1e-6);
    assertTrue(Double.isNaN(silhouette.of(new int[labels.length])));
    assertEquals(
        truth.path("agreement").asDouble(), MutualInformation.normalized(labels, cluster), 1e-12);
    assertEquals(
        truth.path("other_agreement").asDouble(),
        MutualInformation.normalized(other, labels),
        1e-12);
    assertEquals(0, MutualInformation.normalized(labels, new int[labels.length]));
    assertEquals(1, MutualInformation.normalized(new int[3], new int[3]));
  }

  /** Each vector is at the nearest centre, each centre the mean of its vectors. */
  @Test
  void nothingMovesAnyMore() {
    int count = 40 + random.nextInt(60);
    int width = 1 + random.nextInt(20);
    float[][] vectors = new float[count][width];
    for (float[] one : vectors) {
      for (int j = 0; j < width; j++) {
        one[j] = (float) random.nextGaussian();
      }
    }
    int clusters = 1 + random.nextInt(9);
    long seed = random.nextLong();
    KMeans.Result found = KMeans.fit(vectors, clusters, 2, seed);
    assertEquals(clusters, found.centers().length);
    double inertia = 0;
    double[][] means = new double[clusters][width];
    int[] sizes = new int[clusters];
    for (int i = 0; i < count; i++) {
      double[] distances = new double[clusters];
      for (int c = 0; c < clusters; c++) {
        for (int j = 0; j < width; j++) {
          distances[c] += Math.pow(vectors[i][j] - found.centers()[c][j], 2);
        }
      }
      int own = found.cluster()[i];
      double least = Arrays.stream(distances).min().getAsDouble();
      assertEquals(least, distances[own], 1e-9, Seeds.said());
      assertEquals(distances[own], found.squared()[i], 1e-9, Seeds.said());
      inertia += distances[own];
      sizes[own]++;
      for (int j = 0; j < width; j++) {
        means[own][j] += vectors[i][j];
      }
    }
    assertEquals(inertia, found.inertia(), 1e-8, Seeds.said());
    for (int c = 0; c < clusters; c++) {
      for (int j = 0; j < width; j++) {
        assertEquals(means[c][j] / sizes[c], found.centers()[c][j], 1e-9, Seeds.said());
      }
    }
    assertArrayEquals(found.cluster(), KMeans.fit(vectors, clusters, 2, seed).cluster());
  }

  @Test
  void thereAreNoMoreClustersThanDifferentVectors() {
    float[] one = {0.6f, 0.8f};
    float[] other = {1, 0};
    float[][] vectors = {one, other, one.clone(), one.clone(), other.clone()};
    KMeans.Result found = KMeans.fit(vectors, 4, 3, random.nextLong());
    assertEquals(2, found.centers().length);
    assertEquals(0, found.inertia(), 1e-12);
    assertArrayEquals(new int[] {0, 1, 0, 0, 1}, renumbered(found.cluster()));
  }
}
