# frozen_string_literal: true

describe 'dropsonde' do
  drop_in = '/etc/systemd/system/dropsonde.service.d/cachepath.conf'
  schedules = ['/etc/systemd/system/timers.target.wants/dropsonde.timer', '/etc/cron.d/dropsonde']

  supported_systems.each do |system, facts|
    context "on #{system}" do
      let(:facts) { facts }

      etc = facts.key?('aio_agent_version') ? '/etc/puppetlabs' : '/etc'
      confd = facts.key?('aio_agent_version') ? '/etc/puppetlabs/puppetserver/conf.d' : '/etc/puppet/puppetserver/conf.d'

      it { is_expected.to compile.with_all_deps }
      it { is_expected.to contain_package('dropsonde').with_ensure('installed').that_comes_before('Dropsonde_optin[puppetserver]') }

      it do
        is_expected.to contain_file("#{etc}/telemetry.yaml")
          .with(ensure: 'file', owner: 'root', group: 'puppet', mode: '0640')
          .that_comes_before('Dropsonde_optin[puppetserver]')
      end

      it { is_expected.to contain_dropsonde_optin('puppetserver').with(confd: confd, settings: { 'enabled' => true }) }
      it { is_expected.to contain_exec('dropsonde integrate').that_requires('Dropsonde_optin[puppetserver]') }
      it { is_expected.to contain_file(drop_in).with_ensure('absent') }
      it { is_expected.not_to contain_cron('submit Puppet telemetry report') }
    end
  end

  context 'with the parameters' do
    let(:facts) { { 'os' => { 'family' => 'RedHat' }, 'aio_agent_version' => '8.10.0' } }

    context 'enabled => false' do
      let(:params) { { enabled: false } }

      it { is_expected.to compile.with_all_deps }
      it { is_expected.to contain_dropsonde_optin('puppetserver').with_settings('enabled' => false) }
      it { is_expected.not_to contain_exec('dropsonde integrate') }

      schedules.each do |path|
        it { is_expected.to contain_file(path).with_ensure('absent').that_notifies('Exec[stop dropsonde.timer]') }
      end

      it 'opts out before, and whether or not, the program is there' do
        is_expected.not_to contain_package('dropsonde').that_comes_before('Dropsonde_optin[puppetserver]')
      end
    end

    context 'manage_package => false' do
      let(:params) { { manage_package: false } }

      it { is_expected.not_to contain_package('dropsonde') }
    end

    context 'interval' do
      let(:params) { { interval: 86_400 } }

      it { is_expected.to contain_dropsonde_optin('puppetserver').with_settings('enabled' => true, 'interval' => 86_400) }
    end

    context 'cachepath' do
      let(:params) { { cachepath: '/srv/dropsonde' } }

      it do
        is_expected.to contain_file(drop_in)
          .with_content("[Service]\nReadWritePaths=\"-/srv/dropsonde\"\n")
          .that_notifies('Exec[systemctl daemon-reload for dropsonde]')
      end
    end

    context 'seed' do
      let(:params) { { seed: 'banana pancakes' } }

      it 'is in the file, which is Sensitive' do
        content = catalogue.resource('file', '/etc/puppetlabs/telemetry.yaml').sensitive_parameters
        expect(content).to eq([:content])
      end
    end

    {
      { ttl: 4000 } => %r{parameter 'ttl' expects},
      { interval: 60 } => %r{parameter 'interval' expects},
      { endpoint: 'ftp://a' } => %r{parameter 'endpoint' expects},
      { use_cron: true } => %r{has no parameter named 'use_cron'}
    }.each do |params, complaint|
      context params.inspect do
        let(:params) { params }

        it { is_expected.to compile.and_raise_error(complaint) }
      end
    end
  end

  context 'where the Ruby program has an entry in the crontab of root' do
    let(:facts) { { 'os' => { 'family' => 'RedHat' }, 'dropsonde' => { 'cron' => true, 'enterprise' => false } } }

    it { is_expected.to contain_cron('submit Puppet telemetry report').with(ensure: 'absent', user: 'root') }
  end

  context 'with Puppet Enterprise' do
    let(:facts) { { 'os' => { 'family' => 'RedHat' }, 'dropsonde' => { 'enterprise' => true } } }

    it { is_expected.to compile.and_raise_error(%r{Puppet Enterprise is not supported}) }
  end
end
