/** Trainer, data sets, metrics and reports. */
module io.github.jaubert.train {
  requires transitive io.github.jaubert.bert;
  requires com.github.luben.zstd_jni;
  requires org.apache.commons.csv;
  requires org.slf4j;

  uses io.github.jaubert.train.data.RowSource;

  exports io.github.jaubert.train;
  exports io.github.jaubert.train.corpus;
  exports io.github.jaubert.train.data;
  exports io.github.jaubert.train.metrics;
}
