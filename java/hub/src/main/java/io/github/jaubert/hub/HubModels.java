package io.github.jaubert.hub;

import io.github.jaubert.bert.checkpoint.ModelHub;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Hugging Face's Hub, for {@code fromPretrained("OWNER/NAME")}: found as a service, set up by the
 * environment, see {@link HubSettings#fromEnvironment()}.
 */
public final class HubModels implements ModelHub {
  /** For the service loader. */
  public HubModels() {}

  @Override
  public Path fetch(String name, boolean weights) {
    Hub hub = Hub.of(HubSettings.fromEnvironment());
    ModelName model = ModelName.of(name);
    return weights ? hub.fetch(model) : hub.fetchWithoutWeights(model);
  }

  @Override
  public Optional<Path> cached(String name) {
    return Hub.of(HubSettings.fromEnvironment()).find(ModelName.of(name));
  }
}
