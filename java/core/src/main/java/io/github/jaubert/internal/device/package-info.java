/** What a module must provide for tensors to live on a device other than the CPU. */
package io.github.jaubert.internal.device;
