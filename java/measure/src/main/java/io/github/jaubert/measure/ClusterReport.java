package io.github.jaubert.measure;

import io.github.jaubert.measure.LabelReport.LabelShare;
import java.util.List;

/**
 * Clusters of texts by the vectors that an encoder makes of them, of length one, see {@link
 * io.github.jaubert.measure.DataMeasurement#clusters}. Distances are Euclidean: sqrt(2 - 2 cos)
 * between two texts.
 *
 * @param texts how many were drawn
 * @param of how many there are, blank ones not counted
 * @param dimensions of the vectors
 * @param inertia the sum of squared distances to the centres
 * @param silhouette how well the clusters are apart, from -1 to 1 (Rousseeuw 1987), of at most
 *     2,000 texts; null for one cluster
 * @param labelAgreement what labels and clusters tell of each other, from 0 to 1: their mutual
 *     information by the mean of their entropies; null unless each text has one label
 * @param tried if the number was chosen, those that were tried, with the silhouettes by which one
 *     was; else empty
 * @param limit what is farther from its centre is far from the others: the third quartile and 1.5
 *     times the interquartile range (Tukey)
 * @param outliers how many texts are
 * @param clusters the largest first
 * @param farthest the texts that are farthest from their, the nearest, centre
 */
public record ClusterReport(
    int texts,
    long of,
    int dimensions,
    double inertia,
    Double silhouette,
    Double labelAgreement,
    List<Tried> tried,
    double limit,
    int outliers,
    List<Cluster> clusters,
    List<Placed> farthest) {

  /**
   * A cluster.
   *
   * @param number from 1
   * @param distance the mean distance of its texts to the centre
   * @param labels the commonest of its texts; empty without labels
   * @param nearest different texts, those at the centre first
   */
  public record Cluster(
      int number,
      int texts,
      double share,
      double distance,
      List<LabelShare> labels,
      List<Placed> nearest) {}

  /** A text, personal data masked, its line, the number of its cluster, and how far it is. */
  public record Placed(String text, long line, int cluster, double distance) {}

  /** A number of clusters. */
  public record Tried(int clusters, double silhouette) {}
}
