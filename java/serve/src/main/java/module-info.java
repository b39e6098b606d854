/** Answers over HTTP with trained models. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Prometheus's jars
module io.github.jaubert.serve {
  requires transitive io.github.jaubert.bert;
  requires io.prometheus.metrics.core;
  requires io.prometheus.metrics.instrumentation.jvm;
  requires io.prometheus.metrics.model;
  requires io.prometheus.writer.text;
  requires org.eclipse.jetty.server;
  requires org.slf4j;

  exports io.github.jaubert.serve;
}
