/**
 * Models of Hugging Face's Hub. {@link io.github.jaubert.hub.Hub} fetches them into the cache that
 * Python's {@code huggingface_hub} has, finds what is there already, and uploads folders. A
 * connection is opened by its methods alone, and by none of them where the settings forbid it.
 */
package io.github.jaubert.hub;
