/** Encoders, task heads, tokenizers, checkpoints and pipelines. */
@SuppressWarnings("requires-automatic") // DJL's jars have no module-info
module io.github.jaubert.bert {
  requires transitive com.fasterxml.jackson.databind;
  requires transitive io.github.jaubert.core;
  requires ai.djl.tokenizers;
  requires com.google.gson; // DJL needs it, and as an automatic module cannot say so
  requires org.slf4j;

  exports io.github.jaubert.bert;
  exports io.github.jaubert.bert.checkpoint;
  exports io.github.jaubert.bert.models.albert;
  exports io.github.jaubert.bert.models.bert;
  exports io.github.jaubert.bert.models.deberta;
  exports io.github.jaubert.bert.models.distilbert;
  exports io.github.jaubert.bert.models.electra;
  exports io.github.jaubert.bert.models.ernie;
  exports io.github.jaubert.bert.models.gte;
  exports io.github.jaubert.bert.models.modernbert;
  exports io.github.jaubert.bert.models.mpnet;
  exports io.github.jaubert.bert.models.nomic;
  exports io.github.jaubert.bert.models.roberta;
  exports io.github.jaubert.bert.models.rotary;
  exports io.github.jaubert.bert.onnx;
  exports io.github.jaubert.bert.pipeline;
  exports io.github.jaubert.bert.tokenizer;

  uses io.github.jaubert.bert.checkpoint.ModelHub;
}
