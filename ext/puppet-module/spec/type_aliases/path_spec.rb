# frozen_string_literal: true

describe 'Dropsonde::Path' do
  it { is_expected.to allow_values('/srv', '/a dir/ü') }
  it { is_expected.not_to allow_values('srv', '', "/a\nb", '/a%b', '/a"b', 1) }
end
