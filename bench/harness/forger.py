"""Images that must be refused, each in its own way: for the row `forgeries` of bench/lifecycle.py."""

import hashlib
import random

from harness import lying_registry as lies


def variant_section(text):
    """A custom section, so that each module has a digest of its own."""
    payload = b"\7variant" + text.encode()
    return b"\0" + bytes([len(payload)]) + payload


class Forger:
    """Images that must be refused, each in its own way. `spec`: what the resource says beside the url."""

    def __init__(self, registry, folder, module):
        self.registry, self.module = registry, module
        self.private, self.public = lies.make_key(folder, "own")
        self.stranger, _ = lies.make_key(folder, "stranger")
        self.source = random.Random(29)
        self.kinds = [name.removeprefix("forge_") for name in dir(self) if name.startswith("forge_")]

    def make(self, kind, name):
        """Puts the image into the registry; returns what the resource says."""
        self.name, self.image = f"forged/{name}", lies.Image(self.module + variant_section(name))
        spec = getattr(self, f"forge_{kind}")() or {}
        return {"url": f"oci://{self.registry.host}/{self.name}:1", **spec}

    def flip(self, data):
        data = bytearray(data)
        data[self.source.randrange(len(data))] ^= 1 << self.source.randrange(8)
        return bytes(data)

    def cut(self, data):
        return data[:self.source.randrange(1, len(data))]

    def layer(self, change, **more):
        self.registry.add(self.name, self.image, blobs={lies.digest_of(self.image.layer): change(self.image.layer)}, **more)

    def signed(self, image):
        self.registry.add(self.name, self.image)
        if image is not None:
            self.registry.add(self.name, image, tag=self.image.digest.replace(":", "-") + ".sig")
        return {"verificationKey": self.public}

    def pinned(self, change):
        digest = self.image.digest
        self.image.manifest = change(self.image.manifest)
        self.registry.add(self.name, self.image)
        return {"sha256": digest.removeprefix("sha256:")}

    def edited(self, edit):
        self.image = lies.Image(self.module, edit=edit)
        self.registry.add(self.name, self.image)

    def forge_layer_bit(self):
        self.layer(self.flip)

    def forge_layer_truncated(self):
        self.layer(self.cut)

    def forge_layer_longer(self):
        self.layer(lambda data: data + b"\0" * self.source.randrange(1, 100))

    def forge_layer_of_another_image(self):
        self.layer(lambda data: lies.layer_of(self.module))

    def forge_pinned_manifest_bit(self):
        return self.pinned(self.flip)

    def forge_pinned_manifest_truncated(self):
        return self.pinned(self.cut)

    def forge_pinned_another_digest(self):
        self.registry.add(self.name, self.image)
        return {"sha256": hashlib.sha256(self.source.randbytes(8)).hexdigest()}

    def forge_layer_of_another_size(self):
        self.edited(lambda root: root["layers"][0].update(size=root["layers"][0]["size"] + self.source.choice((-1, 1, 1000))))

    def forge_digest_written_otherwise(self):
        change = self.source.choice((str.upper, lambda text: text[:-1], lambda text: text.replace("sha256", "sha512"), lambda text: text[7:]))
        self.edited(lambda root: root["layers"][0].update(digest=change(root["layers"][0]["digest"])))

    def forge_layer_truncated_before_it_was_hashed(self):
        self.image = lies.Image(layer=self.cut(self.image.layer))
        self.registry.add(self.name, self.image)

    def forge_layer_damaged_before_it_was_hashed(self):
        layer = bytearray(self.image.layer)
        layer[self.source.randrange(20, len(layer))] ^= 0xFF
        self.image = lies.Image(layer=bytes(layer))
        self.registry.add(self.name, self.image)

    def forge_unsigned(self):
        return self.signed(None)

    def forge_signed_by_a_stranger(self):
        return self.signed(lies.signature_image(self.stranger, self.image.digest))

    def forge_signature_of_another_image(self):
        return self.signed(lies.signature_image(self.private, lies.digest_of(self.source.randbytes(8))))

    def forge_signature_of_the_layer(self):
        return self.signed(lies.signature_image(self.private, lies.digest_of(self.image.layer)))

    def forge_signature_bit(self):
        return self.signed(lies.signature_image(self.private, self.image.digest, spoil_signature=self.flip))

    def forge_signature_truncated(self):
        return self.signed(lies.signature_image(self.private, self.image.digest, spoil_signature=self.cut))

    def forge_signed_text_changed(self):
        return self.signed(lies.signature_image(self.private, self.image.digest, spoil_payload=lambda text: text.replace(b"null", b"{}")))
