package io.github.jaubert.serve;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** What is counted, in a registry of its own: requests, batches, queues, and the JVM. */
final class Metrics {
  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer =
      PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();
  private final Histogram requests =
      Histogram.builder()
          .name("http_server_request_duration_seconds")
          .help("Requests, by route, method and status.")
          .labelNames("route", "method", "status")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);
  private final Gauge active =
      Gauge.builder()
          .name("http_server_active_requests")
          .help("Requests that are being answered.")
          .register(registry);
  private final Counter texts =
      Counter.builder()
          .name("jaubert_texts_total")
          .help("Texts that a model has read.")
          .labelNames("model")
          .register(registry);
  private final Counter tokens =
      Counter.builder()
          .name("jaubert_tokens_total")
          .help("Tokens that a model has read.")
          .labelNames("model")
          .register(registry);
  private final Histogram batches =
      Histogram.builder()
          .name("jaubert_batch_duration_seconds")
          .help("How long a model took for a batch.")
          .labelNames("model")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);

  Metrics(List<ServedModel> models) {
    JvmMetrics.builder().register(registry);
    GaugeWithCallback.builder()
        .name("jaubert_queue_tokens")
        .help("Tokens that wait for a model.")
        .labelNames("model")
        .callback(gauge -> models.forEach(model -> gauge.call(model.queuedTokens(), model.name())))
        .register(registry);
    for (ServedModel model : models) {
      String name = model.name();
      model.listener(
          (count, size, nanos) -> {
            texts.labelValues(name).inc(count);
            tokens.labelValues(name).inc(size);
            batches.labelValues(name).observe(nanos / 1e9);
          });
    }
  }

  void begun() {
    active.inc();
  }

  void ended(String route, String method, int status, long nanos) {
    active.dec();
    requests.labelValues(route, method, Integer.toString(status)).observe(nanos / 1e9);
  }

  static String contentType() {
    return PrometheusTextFormatWriter.CONTENT_TYPE;
  }

  byte[] text() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      writer.write(out, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
