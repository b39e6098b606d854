package io.github.jaubert.bert.models.ernie;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.models.bert.Bert;
import java.util.Set;

/** ERNIE's names: BERT's, also those of norms in files that were converted from Paddle. */
final class ErnieArchitecture implements Architecture {
  @Override
  public String modelType() {
    return "ernie";
  }

  @Override
  public String className() {
    return "Ernie";
  }

  @Override
  public String name() {
    return "ERNIE";
  }

  @Override
  public Set<String> parts() {
    return Bert.ARCHITECTURE.parts();
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return ErnieConfig.read(json);
  }

  @Override
  public String currentName(String name) {
    return Bert.ARCHITECTURE.currentName(name);
  }
}
