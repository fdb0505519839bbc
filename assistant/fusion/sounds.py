"""Spoil spoken sentences as rooms, streets and telephones do."""

import numpy as np

from assistant.models.protocols import Waveform


def noisy(speech: Waveform, seed: int, strength: float, others: np.ndarray) -> Waveform:
    """Return speech said faster or slower, in an echoing room, among noise and other voices.

    `strength` goes from 0, a quiet room, to 1, hardly understood; `others` is other people's
    speech at the same rate.
    """
    chance = np.random.default_rng(seed)
    samples = _at_speed(speech.samples, chance.uniform(0.88, 1.15))
    samples = _in_room(samples, speech.sample_rate, strength * chance.uniform(0.1, 0.5), chance)
    level = float(np.sqrt(np.mean(samples**2))) + 1e-6
    babble = np.resize(np.roll(others, int(chance.integers(len(others)))), len(samples))
    hiss = np.cumsum(chance.normal(size=len(samples)))  # brown noise, as of traffic
    hiss = hiss - np.convolve(hiss, np.ones(400) / 400, mode="same")
    decibels = 18 - 22 * strength  # signal over noise
    noise = _scaled(babble, chance.uniform(0.3, 1)) + _scaled(hiss, chance.uniform(0.3, 1))
    mixed = samples + _scaled(noise, level * 10 ** (-decibels / 20))
    peak = max(1.0, float(np.abs(mixed).max()))
    return Waveform((mixed / peak).astype(np.float32), speech.sample_rate)


def _at_speed(samples: np.ndarray, speed: float) -> np.ndarray:
    places = np.arange(0, len(samples) - 1, speed)
    return np.interp(places, np.arange(len(samples)), samples)


def _in_room(
    samples: np.ndarray, rate: int, seconds: float, chance: np.random.Generator
) -> np.ndarray:
    """Add the echo of a room whose sound dies away in `seconds`."""
    length = max(1, int(rate * seconds))
    echo = chance.normal(size=length) * np.exp(-6 * np.arange(length) / length)
    echo[0] = 6.0  # the direct sound
    size = len(samples) + length - 1
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(echo / np.abs(echo).max(), size)
    return np.fft.irfft(spectrum, size)[: len(samples)]


def _scaled(samples: np.ndarray, level: float) -> np.ndarray:
    return samples * (level / (float(np.sqrt(np.mean(samples**2))) + 1e-9))
