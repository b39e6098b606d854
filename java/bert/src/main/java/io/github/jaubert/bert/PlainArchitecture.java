package io.github.jaubert.bert;

import java.util.Set;
import java.util.function.Function;

/** An architecture whose layers and embeddings are called as BERT's. */
record PlainArchitecture(
    String modelType,
    String className,
    Function<ConfigJson, EncoderConfig> reader,
    Set<String> parts)
    implements Architecture {
  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return reader.apply(json);
  }
}
