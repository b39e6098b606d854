/**
 * What all commands say alike: figures, progress, the machine, the words of options in messages.
 */
package io.github.jaubert.cli.console;
