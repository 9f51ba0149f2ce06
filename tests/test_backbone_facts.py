import pytest

from recycler.backbone_facts import BackboneFacts, backbone_facts


@pytest.mark.parametrize(("layers", "parameters"), [(0, 0), (12, 1_593_856), (24, 2_126_848), (25, 2_131_456)])
def test_the_thesiss_counts_of_parameters(layers: int, parameters: int) -> None:
    assert backbone_facts()["mobilenet"].learnable_in(layers) == parameters


@pytest.mark.parametrize(("name", "billions"), [("mobilenet", 0.569), ("resnet50", 3.86), ("efficientnet_b0", 0.39)])
def test_multiplications_are_those_of_the_papers(name: str, billions: float) -> None:
    facts = backbone_facts()[name]
    assert facts.work(facts.default_size) / 1e9 == pytest.approx(billions, rel=0.05)


@pytest.mark.parametrize("facts", backbone_facts().values(), ids=lambda facts: facts.name)
def test_every_backbone_is_counted_layer_by_layer(facts: BackboneFacts) -> None:
    assert len(facts.names) == len(facts.learnable) == len(facts.multiply_adds) == len(facts.outputs) == facts.layers
    assert 0 < facts.learnable_in(facts.layers) <= facts.parameters
    assert facts.work(facts.default_size, last=facts.layers) == facts.work(facts.default_size)
    assert facts.work(2 * facts.default_size) == 4 * facts.work(facts.default_size)
    assert facts.activations(facts.default_size, 0) == facts.features


def test_activations_are_those_in_front_of_the_layers_that_learn() -> None:
    assert backbone_facts()["mobilenet"].activations(160, 24) == 10 * 10 * 512


@pytest.mark.parametrize(
    ("blocks", "parameters"),
    [(("conv_pw_13",), 1_050_624), (("conv_pw_13", "conv_dw_13"), 1_061_888), (("no such",), 0)],
)
def test_blocks_by_name_are_counted(blocks: tuple[str, ...], parameters: int) -> None:
    assert backbone_facts()["mobilenet"].learnable_in(0, blocks) == parameters
