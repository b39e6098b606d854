/** Measurements of data sets and of models. */
module io.github.jaubert.measure {
  requires transitive io.github.jaubert.train;
  requires com.fasterxml.jackson.databind;
  requires org.slf4j;
  requires org.snakeyaml.engine;

  exports io.github.jaubert.measure;
  exports io.github.jaubert.measure.bias;
  exports io.github.jaubert.measure.card;
  exports io.github.jaubert.measure.signing;
}
