/** Trainer, data sets, metrics and reports. */
@SuppressWarnings("requires-automatic") // the terminal's jar has no module-info
module io.github.jaubert.train {
  requires transitive io.github.jaubert.bert;
  requires me.tongfei.progressbar;
  requires org.apache.commons.csv;
  requires org.jline.terminal;
  requires org.slf4j;

  exports io.github.jaubert.train;
  exports io.github.jaubert.train.data;
  exports io.github.jaubert.train.metrics;
}
